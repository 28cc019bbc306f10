//! How many datagrams the kernel threw away because nobody read them in time: the last column of
//! `/proc/net/udp`, found by the socket's inode (Linux, Documentation/networking/proc_net_tcp).

use std::net::UdpSocket;

/// Counts for one socket.
pub(super) struct Drops {
    inode: Option<u64>,
    known: u64,
}

impl Drops {
    pub(super) fn of(socket: &UdpSocket) -> Self {
        let inode = rustix::fs::fstat(socket).ok().map(|found| found.st_ino);
        Self { inode, known: 0 }
    }

    /// How many more since it was asked last.
    pub(super) fn more(&mut self) -> u64 {
        let Some(inode) = self.inode else { return 0 };
        let tables = ["/proc/self/net/udp", "/proc/self/net/udp6"];
        let read = tables
            .iter()
            .filter_map(|path| std::fs::read_to_string(path).ok());
        let found = read.filter_map(|table| dropped(&table, inode)).max();
        let now = found.unwrap_or(self.known);
        let more = now.saturating_sub(self.known);
        self.known = now;
        more
    }
}

fn dropped(table: &str, inode: u64) -> Option<u64> {
    let mut rows = table.lines().map(|row| row.split_whitespace());
    rows.find_map(|mut row| {
        let own = row.nth(9)?.parse::<u64>().ok()?;
        (own == inode).then(|| row.last()?.parse().ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_of_the_socket_tells() {
        let table = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n\
                     14219: 0100007F:1F90 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 0000000000000000 17\n";
        assert_eq!(dropped(table, 4711), Some(17));
        assert_eq!(dropped(table, 1), None);
    }
}
