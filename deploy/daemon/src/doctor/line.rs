//! The way to the centre: its name, its port, its certificate and this box's, the two clocks.

use std::path::Path;
use std::time::Duration;

use axum::http::Uri;
use event::Time;
use sensor::uplink::send::Connection;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::Findings;
use crate::config::Config;
use crate::edge::{Identity, client_config, in_force};
use crate::language::Language;
use crate::reason::{Reason, shown};
use crate::system_clock;

/// A centre answers within so long, or not at all.
const PATIENCE: Duration = Duration::from_secs(10);
/// Clocks may differ by so much.
const SKEW: Duration = Duration::from_secs(30);
/// A certificate that ends sooner was not renewed.
const RENEWED: Duration = Duration::from_secs(20 * 86_400);

pub(super) async fn check(found: &mut Findings, config: &Config, dir: &Path, named: Option<&str>) {
    let identity = Identity::read(dir);
    let known = identity.as_ref().ok().map(|own| own.centre.clone());
    let centre = named.map(str::to_owned);
    let centre = centre.or_else(|| config.uplink.centre.clone()).or(known);
    match (&identity, &centre) {
        (Err(_), None) => found.warn(
            (
                "Máy này chưa được ghi danh với trung tâm",
                "This box is not enrolled at a centre",
            ),
            (
                "xin trung tâm lệnh haidang enrol; để thử đường truyền trước: haidang doctor --centre https://ĐỊA-CHỈ:8444",
                "ask the centre for the command haidang enrol; to try the line before: haidang doctor --centre https://ADDRESS:8444",
            ),
        ),
        (Err(_), Some(_)) => found.warn(
            (
                "Máy này chưa được ghi danh với trung tâm",
                "This box is not enrolled at a centre",
            ),
            (
                "xin trung tâm lệnh haidang enrol rồi chạy nó ở đây",
                "ask the centre for the command haidang enrol and type it here",
            ),
        ),
        (Ok(own), _) => certificate(found, own),
    }
    let Some(centre) = centre else { return };
    if !reach(found, &centre).await || identity.is_err() {
        return;
    }
    speak(found, dir, &centre).await;
}

fn certificate(found: &mut Findings, own: &Identity) {
    let (now, expires) = (system_clock()(), own.expires());
    let sites = own.sites.join(", ");
    if expires <= now {
        found.fail(
            (
                &format!("Chứng thư của cảm biến {} đã hết hạn lúc {expires}", own.sensor),
                &format!("The certificate of the sensor {} has expired at {expires}", own.sensor),
            ),
            (
                "trong 30 ngày sau đó cảm biến còn tự gia hạn được khi kết nối; nếu không, xin trung tâm lệnh haidang enrol mới",
                "for 30 days it is renewed as soon as the centre is reached; after that ask the centre for a new haidang enrol",
            ),
        );
    } else if expires.since(now) < RENEWED {
        found.warn(
            (
                &format!("Chứng thư sắp hết hạn: {expires}"),
                &format!("The certificate ends soon: {expires}"),
            ),
            (
                "để cảm biến chạy và kết nối được với trung tâm; nó tự gia hạn",
                "let the sensor run and reach the centre; it renews it by itself",
            ),
        );
    } else {
        found.well(
            &format!(
                "Đã ghi danh là {} cho {sites}; chứng thư đến {expires}",
                own.sensor
            ),
            &format!(
                "Enrolled as {} for {sites}; certificate until {expires}",
                own.sensor
            ),
        );
    }
}

/// Whether the sources belong to sites that this sensor may deliver for.
pub(super) fn sites(found: &mut Findings, own: &Config, dir: &Path) {
    let Ok((config, grant)) = in_force(own, dir) else {
        return;
    };
    for source in config.source {
        if !grant.admits(&source.site) {
            foreign_source(found, (&source.id, &source.site), &grant.shown());
        }
    }
}

pub(super) fn foreign_source(found: &mut Findings, (id, site): (&str, &str), may: &str) {
    found.fail(
        (
            &format!("Nguồn {id} thuộc điểm {site}, mà cảm biến này không được gửi cho điểm đó (được gửi cho: {may})"),
            &format!("The source {id} has the site {site}, for which this sensor may not deliver (it may for: {may})"),
        ),
        (
            &format!("sửa khóa site của nguồn {id}, hoặc nhờ trung tâm cấp điểm {site} cho cảm biến này"),
            &format!("correct the key site of the source {id}, or ask the centre to grant this sensor the site {site}"),
        ),
    );
}

/// Name and port.
async fn reach(found: &mut Findings, centre: &str) -> bool {
    let uri = centre.parse::<Uri>().ok();
    let host = uri.as_ref().and_then(Uri::host);
    let Some(host) = host else {
        found.fail(
            (
                &format!("{centre} không phải là địa chỉ của trung tâm"),
                &format!("{centre} is no address of a centre"),
            ),
            ("viết như https://TÊN:8444", "write it as https://NAME:8444"),
        );
        return false;
    };
    let port = uri.as_ref().and_then(Uri::port_u16).unwrap_or(8444);
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let looked = timeout(PATIENCE, lookup_host((bare, port))).await;
    let addresses: Vec<_> = looked
        .ok()
        .and_then(Result::ok)
        .into_iter()
        .flatten()
        .collect();
    if addresses.is_empty() {
        found.fail(
            (
                &format!("Không phân giải được tên {host}"),
                &format!("The name {host} is not found"),
            ),
            (
                "kiểm tra máy chủ DNS (resolvectl status), hoặc thêm tên vào /etc/hosts, hoặc dùng địa chỉ IP",
                "look at the DNS server (resolvectl status), or add the name to /etc/hosts, or use an IP address",
            ),
        );
        return false;
    }
    let connected = timeout(PATIENCE, TcpStream::connect(addresses.as_slice())).await;
    if matches!(connected, Ok(Ok(_))) {
        let first = addresses.first().map(|address| address.ip().to_string());
        let first = first.unwrap_or_default();
        found.well(
            &format!("Nối được tới {host}:{port} ({first})"),
            &format!("{host}:{port} ({first}) can be reached"),
        );
        return true;
    }
    found.fail(
        (
            &format!("Không nối được tới {host}:{port}"),
            &format!("{host}:{port} cannot be reached"),
        ),
        (
            &format!("kiểm tra đường truyền (ping {host}), tường lửa cho TCP {port}, và trung tâm có đặt edges.listen không"),
            &format!("look at the line (ping {host}), the firewalls for TCP {port}, and whether the centre has edges.listen"),
        ),
    );
    false
}

/// Certificates and clocks.
async fn speak(found: &mut Findings, dir: &Path, centre: &str) {
    let tls = match client_config(dir) {
        Ok(tls) => tls,
        Err(error) => {
            let why = format!("{error:#}");
            found.fail(
                (
                    &format!("Không dùng được chứng thư: {why}"),
                    &format!("The certificate cannot be used: {why}"),
                ),
                (
                    "xin trung tâm lệnh haidang enrol mới",
                    "ask the centre for a new haidang enrol",
                ),
            );
            return;
        }
    };
    let connection = match Connection::open(centre, tls).await {
        Ok(connection) => connection,
        Err(why) => {
            found.fail(
                (
                    &format!(
                        "Trung tâm không nhận kết nối: {}",
                        shown(&why, Language::Vietnamese)
                    ),
                    &format!(
                        "The centre does not take the connection: {}",
                        shown(&why, Language::English)
                    ),
                ),
                Reason::of_text(&why).map_or((
                    "hỏi trung tâm xem cảm biến có bị thu hồi không; nếu trung tâm đã đổi CA, xin lệnh haidang enrol mới",
                    "ask the centre whether the sensor was revoked; if its CA is another, ask for a new haidang enrol",
                ), Reason::next),
            );
            return;
        }
    };
    found.well(
        "Trung tâm là đúng trung tâm đã ghi danh (TLS hai chiều)",
        "The centre is the one of the enrolment (TLS in both directions)",
    );
    if let Some(refused) = refused(&connection).await {
        refusal(found, refused);
    }
    if let Ok(theirs) = connection.time().await {
        clocks(found, system_clock()(), theirs);
    }
}

/// Why the centre would take nothing of this sensor: it says so to whoever asks for its configuration.
async fn refused(connection: &Connection) -> Option<Reason> {
    let (status, said) = connection.post("/v1/bundle", "{}".into()).await.ok()?;
    let said: serde_json::Value = serde_json::from_slice(&said).ok()?;
    let code = said.get("code")?.as_str()?;
    (status.as_u16() == 403)
        .then(|| Reason::of_code(code))
        .flatten()
}

pub(super) fn refusal(found: &mut Findings, refused: Reason) {
    let said = |language| refused.words(language);
    found.fail(
        (
            &format!(
                "Trung tâm từ chối cảm biến này: {}",
                said(Language::Vietnamese)
            ),
            &format!(
                "The centre refuses this sensor: {}",
                said(Language::English)
            ),
        ),
        refused.next(),
    );
}

/// Two clocks, told to the second.
pub(super) fn clocks(found: &mut Findings, own: Time, theirs: Time) {
    let apart = own.since(theirs).max(theirs.since(own));
    let seconds = apart.as_secs();
    if apart > SKEW {
        found.warn(
            (
                &format!("Đồng hồ máy này lệch trung tâm {seconds} giây"),
                &format!("This clock and the centre's are {seconds} s apart"),
            ),
            (
                "bật đồng bộ giờ: timedatectl set-ntp true",
                "turn synchronisation on: timedatectl set-ntp true",
            ),
        );
    } else {
        found.well(
            &format!("Đồng hồ lệch trung tâm {seconds} giây"),
            &format!("The clocks are {seconds} s apart"),
        );
    }
}
