//! What is printed: one row for each figure.

use std::time::Duration;

/// Prints the head of the table.
pub fn head() {
    println!("{:<76} {:>14}   goal", "figure", "measured");
}

/// Prints one figure.
pub fn row(what: &str, measured: impl std::fmt::Display, goal: &str) {
    println!("{what:<76} {:>14}   {goal}", measured.to_string());
}

/// Half, nineteen of twenty, all: in milliseconds.
pub fn spread(what: &str, times: &mut [Duration], goal: &str) {
    times.sort_unstable();
    let at = |part: usize| {
        let place = (times.len() * part / 100).min(times.len().saturating_sub(1));
        times
            .get(place)
            .map_or(0.0, |time| time.as_secs_f64() * 1e3)
    };
    let figures = format!("{:.0}/{:.0}/{:.0}", at(50), at(95), at(100));
    row(&format!("{what}, p50/p95/max ms"), figures, goal);
}
