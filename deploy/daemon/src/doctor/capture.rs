//! The sources: does an interface show what a mirror port should, are files there, are ports free?

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use sensor::config::Transport;
use sensor::packet::{Seen, look};
use sensor::{InterfaceConfig, SourceKind};

use super::Findings;
use crate::config::Config;

/// Connections below which nothing can be said of directions.
const CONNECTIONS: usize = 5;
/// Where Linux says how interfaces are.
const INTERFACES: &str = "/sys/class/net";

pub(super) async fn check_sources(
    found: &mut Findings,
    config: &Config,
    is_edge: bool,
    seconds: u64,
) {
    if config.source.is_empty() && is_edge {
        found.warn(
            (
                "Tệp cấu hình không có nguồn nào; nếu trung tâm không gửi cấu hình, cảm biến không thấy gì",
                "The configuration has no source; unless the centre sends one, the sensor sees nothing",
            ),
            (
                "thêm mục [[source]], ví dụ kind = \"interface\", interface = \"eth1\"; xem config.toml mẫu",
                "add a [[source]], for example kind = \"interface\", interface = \"eth1\"; see the manual config.toml",
            ),
        );
    }
    for source in &config.source {
        match &source.kind {
            SourceKind::Interface(own) => interface(found, own, seconds).await,
            SourceKind::File(own) => path(found, &source.id, &own.path),
            SourceKind::Capture(own) => path(found, &source.id, &own.path),
            SourceKind::Listen(own) => listener(found, &source.id, own.listen, own.transport),
            SourceKind::Agent(own) => listener(found, &source.id, own.listen, Transport::Tls),
            SourceKind::Journal => {}
        }
    }
}

async fn interface(found: &mut Findings, own: &InterfaceConfig, seconds: u64) {
    let name = own.interface.as_str();
    let dir = Path::new(INTERFACES).join(name);
    if !dir.exists() {
        let known = interfaces().join(", ");
        found.fail(
            (
                &format!("Không có giao diện mạng {name}; máy này có: {known}"),
                &format!("There is no interface {name}; this machine has: {known}"),
            ),
            (
                "sửa khóa interface của nguồn",
                "correct the key interface of the source",
            ),
        );
        return;
    }
    let said = |file: &str| std::fs::read_to_string(dir.join(file)).unwrap_or_default();
    if said("carrier").trim() != "1" {
        found.fail(
            (
                &format!("Giao diện {name} không có tín hiệu"),
                &format!("The interface {name} has no link"),
            ),
            (
                &format!("cắm cáp, rồi: ip link set {name} up"),
                &format!("plug the cable in, then: ip link set {name} up"),
            ),
        );
        return;
    }
    let (config, address) = (own.clone(), hardware_address(&said("address")));
    let long = Duration::from_secs(seconds);
    let looked = tokio::task::spawn_blocking(move || look(&config, address, long)).await;
    match looked {
        Ok(Ok(seen)) => judge(found, name, &seen, seconds),
        Ok(Err(error)) => found.fail(
            (
                &format!("Không xem được gói tin trên {name}: {error}"),
                &format!("Packets of {name} cannot be seen: {error}"),
            ),
            (
                "chạy lệnh này bằng sudo; dịch vụ thì có quyền từ tệp của systemd",
                "run this with sudo; the service has the right from its systemd unit",
            ),
        ),
        Err(_) => {}
    }
}

/// What a look at an interface means.
pub(super) fn judge(found: &mut Findings, name: &str, seen: &Seen, seconds: u64) {
    if seen.packets == 0 {
        found.fail(
            (
                &format!("{name}: không có gói tin nào trong {seconds} giây"),
                &format!("{name}: no packet in {seconds} s"),
            ),
            (
                "kiểm tra cáp, và xem cổng của bộ chuyển mạch đã được đặt làm cổng sao chép (mirror/SPAN) chưa",
                "look at the cable, and whether the switch's port is set up as a mirror (SPAN) port",
            ),
        );
        return;
    }
    if seen.others == 0 {
        found.fail(
            (
                &format!("{name}: chỉ thấy gói của máy này ({}) và gói quảng bá ({})", seen.own, seen.group),
                &format!("{name}: only packets of this machine ({}) and to everybody ({})", seen.own, seen.group),
            ),
            (
                "cổng này không phải cổng sao chép; đặt mirror/SPAN trên bộ chuyển mạch về cổng này, cả hai chiều",
                "this is no mirror port; set up mirror/SPAN on the switch to this port, in both directions",
            ),
        );
        return;
    }
    directions(found, name, seen, seconds);
    if seen.dropped > 0 {
        found.warn(
            (
                &format!(
                    "{name}: nhân hệ điều hành bỏ {} gói vì máy không theo kịp",
                    seen.dropped
                ),
                &format!(
                    "{name}: the kernel dropped {} packets, the machine is too slow",
                    seen.dropped
                ),
            ),
            (
                "thêm bộ lọc (khóa filter) để bỏ lưu lượng không cần xem, hoặc dùng máy mạnh hơn",
                "leave out what need not be seen (key filter), or use a faster machine",
            ),
        );
    }
}

/// Whether the mirror shows both directions.
fn directions(found: &mut Findings, name: &str, seen: &Seen, seconds: u64) {
    let (both, one) = seen.directions();
    if both + one >= CONNECTIONS && both * 5 < one {
        found.fail(
            (
                &format!(
                    "{name}: hầu hết kết nối chỉ thấy một chiều ({one} trên {})",
                    both + one
                ),
                &format!(
                    "{name}: of most connections one direction is seen ({one} of {})",
                    both + one
                ),
            ),
            (
                "đặt cổng sao chép cho cả hai chiều (rx và tx, hoặc «both»)",
                "mirror both directions of the port (rx and tx, or “both”)",
            ),
        );
    } else {
        let rate = seen.bytes / 125 / seconds.max(1);
        found.well(
            &format!(
                "{name}: {} gói, {rate} kbit/s; hai chiều: {both} kết nối, một chiều: {one}{}",
                seen.packets,
                vlans(seen)
            ),
            &format!(
                "{name}: {} packets, {rate} kbit/s; both directions: {both} connections, one: {one}{}",
                seen.packets,
                vlans(seen)
            ),
        );
    }
}

fn vlans(seen: &Seen) -> String {
    let ids: Vec<String> = seen.vlans.keys().map(u16::to_string).collect();
    if ids.is_empty() {
        String::new()
    } else {
        format!("; VLAN {}", ids.join(", "))
    }
}

fn interfaces() -> Vec<String> {
    let listed = std::fs::read_dir(INTERFACES);
    let names = listed.into_iter().flatten().flatten();
    let mut names: Vec<_> = names
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// `02:00:00:00:00:01`
fn hardware_address(text: &str) -> Option<[u8; 6]> {
    let mut bytes = [0; 6];
    let mut parts = text.trim().split(':');
    for byte in &mut bytes {
        *byte = u8::from_str_radix(parts.next()?, 16).ok()?;
    }
    Some(bytes)
}

fn path(found: &mut Findings, id: &str, path: &Path) {
    let pattern = path.to_string_lossy().contains('*');
    let looked = if pattern {
        path.parent().unwrap_or(path)
    } else {
        path
    };
    let shown = path.display();
    match std::fs::metadata(looked).and_then(|_| open(looked)) {
        Ok(()) => found.well(
            &format!("Nguồn {id}: đọc được {shown}"),
            &format!("Source {id}: {shown} can be read"),
        ),
        Err(error) => found.warn(
            (
                &format!("Nguồn {id}: không đọc được {shown}: {error}"),
                &format!("Source {id}: {shown} cannot be read: {error}"),
            ),
            (
                "kiểm tra đường dẫn, và cho người dùng của dịch vụ quyền đọc (thường là nhóm adm)",
                "look at the path, and let the service's user read it (usually the group adm)",
            ),
        ),
    }
}

fn open(path: &Path) -> std::io::Result<()> {
    if path.is_dir() {
        std::fs::read_dir(path).map(drop)
    } else {
        std::fs::File::open(path).map(drop)
    }
}

fn listener(found: &mut Findings, id: &str, address: SocketAddr, transport: Transport) {
    match bind(address, transport) {
        Ok(()) => found.well(
            &format!("Nguồn {id}: địa chỉ {address} còn trống"),
            &format!("Source {id}: the address {address} is free"),
        ),
        // Held by the sensor itself, or by somebody else: only `status` knows.
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => found.well(
            &format!("Nguồn {id}: địa chỉ {address} đang được dùng (haidang status cho biết có phải của cảm biến không)"),
            &format!("Source {id}: the address {address} is in use (haidang status tells whether by the sensor)"),
        ),
        Err(error) => found.fail(
            (
                &format!("Nguồn {id}: không mở được {address}: {error}"),
                &format!("Source {id}: {address} cannot be opened: {error}"),
            ),
            (
                "dùng địa chỉ của máy này và cổng từ 1024 trở lên",
                "use an address of this machine and a port from 1024 on",
            ),
        ),
    }
}

fn bind(address: SocketAddr, transport: Transport) -> std::io::Result<()> {
    match transport {
        Transport::Udp => std::net::UdpSocket::bind(address).map(drop),
        Transport::Tcp | Transport::Tls => std::net::TcpListener::bind(address).map(drop),
    }
}
