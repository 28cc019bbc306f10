//! Figures of the process and its disk, as the kernel tells them. What it does not tell is left out.

use std::path::Path;

use engine::Room;
use event::Time;
use sensor::Out;

use super::page::Page;
use super::table::Figure;

/// Puts what every process tells.
pub(super) fn put(page: &mut Page, role: &str, started: Time, data: &Path, out: &Out) {
    page.with(Figure::BuildInfo, &[env!("CARGO_PKG_VERSION"), role], 1_u64);
    page.put(Figure::StartTime, started);
    if let Ok(room) = Room::at(data) {
        page.put(Figure::DiskFree, room.free);
        page.put(Figure::DiskSize, room.total);
    }
    let (free, limit) = out.room();
    page.put(Figure::IntakeWaiting, limit.saturating_sub(free));
    page.put(Figure::IntakeLimit, limit);
    if let Ok(descriptors) = std::fs::read_dir("/proc/self/fd") {
        page.put(Figure::ProcessDescriptors, descriptors.count());
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    if let Some(kibibytes) = field(&status, "VmRSS:") {
        page.put(Figure::ProcessMemory, kibibytes << 10);
    }
    if let Some(threads) = field(&status, "Threads:") {
        page.put(Figure::ProcessThreads, threads);
    }
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    if let Some(ticks) = ticks(&stat) {
        // A tick is a hundredth of a second on every Linux that we run on.
        page.put(Figure::ProcessCpu, f64::from(ticks) / 100.0);
    }
}

fn field(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Time of the process and of the system for it: the 14th and 15th field; the second may hold
/// anything, and ends with the last parenthesis.
fn ticks(stat: &str) -> Option<u32> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let own: u32 = fields.next()?.parse().ok()?;
    let systems: u32 = fields.next()?.parse().ok()?;
    own.checked_add(systems)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_moves_no_field() {
        let stat = "7 (a) b) (c)) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0";
        assert_eq!(ticks(stat), Some(300));
        assert_eq!(ticks("7 (a"), None);
        assert_eq!(field("Name:\tx\nVmRSS:\t  512 kB\n", "VmRSS:"), Some(512));
    }
}
