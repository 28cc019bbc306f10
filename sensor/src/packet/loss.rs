//! What a live capture has lost since it was last asked: the kernel's and the interface's counters
//! only ever grow, and libpcap lets them wrap at 2^32.

/// The counters as they stood.
#[derive(Debug, Default)]
pub(crate) struct Losses {
    kernel: u32,
    interface: u32,
    given_up: u64,
}

impl Losses {
    /// Packets that the kernel and the interface dropped, and what was given up at limits, since
    /// the last call. `kernel` is (kernel, interface), if libpcap knows.
    pub(crate) fn since(&mut self, kernel: Option<(u32, u32)>, given_up: u64) -> u64 {
        let mut lost = given_up.saturating_sub(self.given_up);
        self.given_up = self.given_up.max(given_up);
        if let Some((kernel, interface)) = kernel {
            lost += grown(self.kernel, kernel) + grown(self.interface, interface);
            (self.kernel, self.interface) = (kernel, interface);
        }
        lost
    }
}

/// What was added to a counter. One that went back by much has wrapped; by less, it began anew, as
/// an interface's does when its driver is loaded again.
fn grown(before: u32, now: u32) -> u64 {
    let added = now.wrapping_sub(before);
    u64::from(if added <= u32::MAX / 2 { added } else { now })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_that_only_grow_are_told_as_what_was_added() {
        let mut losses = Losses::default();
        assert_eq!(losses.since(Some((5, 1)), 2), 8);
        assert_eq!(losses.since(Some((5, 1)), 2), 0);
        assert_eq!(losses.since(None, 4), 2);
        assert_eq!(losses.since(Some((9, 1)), 4), 4);
        let mut losses = Losses {
            kernel: u32::MAX,
            ..Losses::default()
        };
        assert_eq!(losses.since(Some((2, 0)), 0), 3);
        // The driver was loaded again: seven since then.
        let mut losses = Losses {
            interface: 100,
            ..Losses::default()
        };
        assert_eq!(losses.since(Some((0, 7)), 0), 7);
    }
}
