//! Lengths of time as Sigma writes them: `90s`, `5m`, `1h`, `7d`, `2w`, `1M`, `1y`.

use std::time::Duration;

/// Reads a length of time; none when it is something else or zero.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let text = text.trim();
    let unit = text.chars().last()?;
    let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        // Means of the calendar, as pySigma has them.
        'M' => 2_629_746,
        'y' => 31_556_952,
        _ => return None,
    };
    let length = number.checked_mul(seconds).filter(|seconds| *seconds > 0)?;
    Some(Duration::from_secs(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_units_and_refuses_the_rest() {
        assert_eq!(parse("90m"), Some(Duration::from_secs(5_400)));
        assert_eq!(parse("1h"), Some(Duration::from_secs(3_600)));
        assert_eq!(parse("2w"), Some(Duration::from_secs(1_209_600)));
        assert_eq!(parse("1M"), Some(Duration::from_secs(2_629_746)));
        assert_eq!(parse("2y"), Some(Duration::from_secs(63_113_904)));
        for bad in [
            "",
            "h",
            "0s",
            "1",
            "1.5h",
            "-1s",
            "5 m",
            "99999999999999999999d",
            "1ngày",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
