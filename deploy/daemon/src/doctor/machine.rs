//! The machine: its data folder, its disk, its memory, its clock.

use std::path::Path;

use engine::Room;
use rustix::fs::{Access, access};

use super::{Findings, existing};
use crate::config::Config;
use crate::system_clock;

/// Memory with which an edge works, in MiB: what a machine of 2 GB shows.
const MEMORY_MIB: u64 = 1_500;
/// No clock shows an earlier time: 1 November 2026.
const EARLIEST: i64 = 1_793_491_200;

pub(super) fn check_data_dir(found: &mut Findings, dir: &Path) {
    let (shown, there) = (dir.display(), existing(dir));
    if access(&there, Access::WRITE_OK | Access::EXEC_OK).is_ok() {
        found.well(
            &format!("Thư mục dữ liệu {shown} ghi được"),
            &format!("The data folder {shown} can be written"),
        );
        return;
    }
    found.fail(
        (
            &format!("Không ghi được vào thư mục dữ liệu {shown}"),
            &format!("The data folder {shown} cannot be written"),
        ),
        (
            "chạy lệnh bằng sudo, hoặc chỉ thư mục khác bằng --data-dir",
            "run this with sudo, or name another folder with --data-dir",
        ),
    );
}

pub(super) fn check_room(found: &mut Findings, config: &Config, dir: &Path, centre: bool) {
    let Ok(room) = Room::at(&existing(dir)) else {
        found.fail(
            (
                "Không đo được dung lượng đĩa",
                "The room on the disk cannot be measured",
            ),
            (
                "kiểm tra ổ đĩa: dmesg, mount",
                "look at the disk: dmesg, mount",
            ),
        );
        return;
    };
    let free = room.free >> 20;
    let (reserve, wanted) = if centre {
        (config.journal.reserve_mib, config.journal.reserve_mib * 8)
    } else {
        (config.spool.reserve_mib, config.spool.mib)
    };
    let key = if centre {
        "journal.reserve_mib"
    } else {
        "spool.mib"
    };
    if free <= reserve {
        found.fail(
            (
                &format!("Đĩa gần đầy: còn {free} MiB, dưới {reserve} MiB thì không nhận sự kiện"),
                &format!("The disk is nearly full: {free} MiB are left, below {reserve} MiB nothing is taken"),
            ),
            (
                "xóa tệp không cần đến (du -xh / | sort -h | tail), hoặc dùng đĩa lớn hơn",
                "delete what is not needed (du -xh / | sort -h | tail), or use a larger disk",
            ),
        );
    } else if free < wanted {
        found.warn(
            (
                &format!("Đĩa còn {free} MiB, ít hơn mức nên có là {wanted} MiB"),
                &format!("{free} MiB of the disk are left, {wanted} MiB would be good"),
            ),
            (
                &format!("giải phóng đĩa, hoặc giảm {key} trong tệp cấu hình"),
                &format!("make room, or lower {key} in the configuration"),
            ),
        );
    } else {
        found.well(
            &format!("Đĩa còn {free} MiB"),
            &format!("{free} MiB of the disk are left"),
        );
    }
}

pub(super) fn check_memory(found: &mut Findings) {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = text.lines().find_map(|line| {
        let kib = line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB")?;
        kib.trim().parse::<u64>().ok()
    });
    let Some(mib) = total.map(|kib| kib >> 10) else {
        return;
    };
    if mib < MEMORY_MIB {
        found.warn(
            (
                &format!("Máy có {mib} MiB bộ nhớ; cảm biến cần máy 2 GB"),
                &format!("The machine has {mib} MiB of memory; a sensor wants one of 2 GB"),
            ),
            (
                "thêm bộ nhớ, hoặc giảm limits.packet.flows và limits.packet.stream_memory",
                "add memory, or lower limits.packet.flows and limits.packet.stream_memory",
            ),
        );
    } else {
        found.well(
            &format!("Máy có {mib} MiB bộ nhớ"),
            &format!("The machine has {mib} MiB of memory"),
        );
    }
}

pub(super) fn check_clock(found: &mut Findings) {
    let now = system_clock()();
    if now.micros() / 1_000_000 < EARLIEST {
        found.fail(
            (
                &format!("Đồng hồ của máy sai: {now}"),
                &format!("The clock of this machine is wrong: {now}"),
            ),
            (
                "bật đồng bộ giờ: timedatectl set-ntp true; nếu không có Internet, trỏ systemd-timesyncd \
                 về máy chủ giờ của tỉnh",
                "turn synchronisation on: timedatectl set-ntp true; without Internet let systemd-timesyncd \
                 ask the province's time server",
            ),
        );
    }
}
