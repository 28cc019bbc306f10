//! Why nothing leaves a box: the closed set of what a centre says and of how a line breaks, in both languages, each
//! with its next step. What is none of it is shown as it came.

use crate::language::Language;
use crate::words::spoken;

spoken! {
    /// Why the centre does not take what a sensor sends: by the code of its refusal, or, after `Wait`, by how the line
    /// breaks.
    Reason {
        /// The sensor shows no certificate.
        NoCertificate "no_certificate", "cảm biến không có chứng thư", "the sensor has no certificate";
        /// The centre has not given this certificate.
        UnknownCertificate "unknown_certificate", "trung tâm không biết chứng thư của cảm biến này",
            "the centre does not know this sensor's certificate";
        /// Certificate or sensor were revoked.
        Revoked "revoked", "cảm biến đã bị thu hồi", "the sensor was revoked";
        /// The certificate has ended.
        Expired "expired", "chứng thư của cảm biến đã hết hạn", "the sensor's certificate has expired";
        /// Events of a site for which it may not deliver.
        ForeignSite "foreign_site", "có sự kiện của điểm mà cảm biến này không được gửi",
            "there are events of a site for which this sensor may not deliver";
        /// Events under another sensor's name.
        ForeignSensor "foreign_sensor", "bộ đệm còn sự kiện mang tên cảm biến khác",
            "the spool holds events under another sensor's name";
        /// The spool's instance is another sensor's.
        ForeignInstance "foreign_instance", "bộ đệm này thuộc về một cảm biến khác", "this spool is another sensor's";
        /// The sensor came with more data folders than the centre remembers.
        TooManyInstances "too_many_instances", "cảm biến này đã đổi thư mục dữ liệu quá nhiều lần",
            "this sensor has come with too many data folders";
        /// The centre does not understand the program.
        BadBody "bad_body", "trung tâm không đọc được những gì cảm biến gửi",
            "the centre cannot read what the sensor sends";
        /// What was sent came too slowly.
        Slow "late", "đường truyền quá chậm, trung tâm không đợi được hết gói gửi",
            "the line is too slow, the centre did not wait for all of it";
        /// What was sent broke off.
        CutShort "cut_short", "đường truyền bị ngắt khi đang gửi", "the line broke off while something was sent";
        /// Newer bodies have taken its place.
        TooMany "too_many", "cảm biến gửi quá nhiều gói cùng lúc", "the sensor has too many bodies on their way";
        /// The centre takes nothing now.
        Wait "wait", "trung tâm tạm thời không nhận thêm", "the centre takes nothing now";
        /// The centre's certificate is of another CA.
        WrongCa "wrong_ca", "chứng thư của trung tâm do một CA khác cấp", "the centre's certificate is of another CA";
        /// The centre's certificate has another name.
        WrongName "wrong_name", "chứng thư của trung tâm không mang tên này",
            "the centre's certificate does not have this name";
        /// The centre's certificate does not hold by this clock.
        Clock "wrong_clock", "theo đồng hồ máy này, chứng thư của trung tâm không còn hoặc chưa có hiệu lực",
            "by this clock the centre's certificate does not hold";
        /// The centre's name is not found.
        NoName "no_name", "không phân giải được tên của trung tâm", "the centre's name is not found";
        /// Nobody answers at the address.
        Unreachable "unreachable", "không nối được tới trung tâm", "the centre cannot be reached";
        /// No answer in time.
        Late "no_answer", "trung tâm không trả lời kịp", "the centre does not answer in time";
    }
}

impl Reason {
    /// What the code of a refusal means; older centres have the same codes.
    pub(crate) fn of_code(code: &str) -> Option<Self> {
        match code {
            "bad_request" | "too_large" | "not_found" => Some(Self::BadBody),
            code => Self::of(code),
        }
    }

    /// What a report says: `code: message` of a refusal, or how the line broke in the words of TLS and the system.
    pub(crate) fn of_text(text: &str) -> Option<Self> {
        if let Some(own) = text
            .split_once(": ")
            .and_then(|(code, _)| Self::of_code(code))
        {
            return Some(own);
        }
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        Some(if has(&["UnknownIssuer", "BadSignature"]) {
            Self::WrongCa
        } else if has(&["not valid for name", "NotValidForName"]) {
            Self::WrongName
        } else if has(&["certificate expired", "not valid yet", "NotValidYet"]) {
            Self::Clock
        } else if has(&["failed to lookup address", "Name or service not known"]) {
            Self::NoName
        } else if has(&["did not answer in time", "no answer in time", "timed out"]) {
            Self::Late
        } else if text.contains("cannot reach") {
            Self::Unreachable
        } else {
            return None;
        })
    }

    /// What to do, in Vietnamese and in English.
    pub(crate) fn next(self) -> (&'static str, &'static str) {
        match self {
            Self::NoCertificate | Self::UnknownCertificate | Self::Revoked => (
                "xin trung tâm lời mời mới, rồi chạy lại lệnh haidang enrol trên máy này",
                "ask the centre for a new invitation, then run haidang enrol here again",
            ),
            Self::Expired => (
                "trong 30 ngày cảm biến tự gia hạn khi nối được; sau đó xin trung tâm lời mời mới và chạy lại haidang enrol",
                "for 30 days it renews itself once connected; after that ask for a new invitation and run haidang enrol again",
            ),
            Self::ForeignSite => (
                "sửa khóa site của nguồn, hoặc nhờ trung tâm cấp điểm đó cho cảm biến này",
                "correct the key site of the source, or ask the centre to grant this sensor that site",
            ),
            Self::ForeignSensor | Self::ForeignInstance => (
                "nếu máy được ghi danh lại dưới tên khác: dừng dịch vụ, chuyển thư mục spool đi chỗ khác, rồi khởi động lại",
                "if the box was enrolled under another name: stop the service, move its folder spool away, start it again",
            ),
            Self::TooManyInstances => (
                "nhờ trung tâm tăng edges.sensor_instances, hoặc mời ghi danh dưới tên mới",
                "ask the centre to raise edges.sensor_instances, or to invite the box under a new name",
            ),
            Self::BadBody => (
                "cài cùng phiên bản haidang ở trung tâm và ở máy này; nếu vẫn lỗi, gửi nhật ký cho trung tâm",
                "install the same version of haidang here and at the centre; if it stays, send the log to the centre",
            ),
            Self::Slow | Self::CutShort => (
                "kiểm tra đường truyền; nếu vẫn chậm, giảm uplink.body_seconds và uplink.flights ở máy này",
                "look at the line; if it stays slow, lower uplink.body_seconds and uplink.flights here",
            ),
            Self::TooMany => (
                "giảm uplink.flights ở máy này, hoặc nhờ trung tâm tăng edges.sensor_bodies",
                "lower uplink.flights here, or ask the centre to raise edges.sensor_bodies",
            ),
            Self::Wait => (
                "chờ: cảm biến tự gửi lại; nếu kéo dài, nhờ trung tâm xem đĩa và trang Tình trạng",
                "wait, it tries again; if it lasts, ask the centre to look at its disk and its page Health",
            ),
            Self::WrongCa => (
                "kiểm tra địa chỉ của trung tâm; nếu trung tâm đã đổi CA, xin lời mời mới và chạy lại haidang enrol",
                "check the centre's address; if its CA is another now, ask for a new invitation and run haidang enrol again",
            ),
            Self::WrongName => (
                "dùng tên hoặc địa chỉ có trong edges.names của trung tâm, hoặc nhờ trung tâm thêm vào đó",
                "use a name or address of the centre's edges.names, or ask the centre to add this one",
            ),
            Self::Clock => (
                "chỉnh giờ máy này: timedatectl set-ntp true",
                "set this machine's clock: timedatectl set-ntp true",
            ),
            Self::NoName => (
                "kiểm tra máy chủ DNS (resolvectl status), hoặc thêm tên vào /etc/hosts",
                "look at the DNS server (resolvectl status), or add the name to /etc/hosts",
            ),
            Self::Unreachable | Self::Late => (
                "kiểm tra đường truyền và tường lửa; sự kiện được giữ trên đĩa và gửi khi có đường truyền",
                "look at the line and the firewalls; events are kept on disk and leave when the line is there",
            ),
        }
    }
}

/// A reason for people: in their language where it is known, else as it came.
pub(crate) fn shown(text: &str, language: Language) -> String {
    Reason::of_text(text).map_or_else(|| text.to_owned(), |own| own.words(language).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_words_and_a_next_step_in_both_languages() {
        for (reason, _) in Reason::ALL {
            let (vi, en) = (
                reason.words(Language::Vietnamese),
                reason.words(Language::English),
            );
            assert!(vi != en && !vi.is_ascii(), "{reason:?}");
            let (vi, en) = reason.next();
            assert!(vi != en && !vi.is_ascii(), "{reason:?}");
        }
    }

    #[test]
    fn what_centres_and_lines_say_is_understood() {
        for (text, reason) in [
            ("revoked: the sensor was revoked; ask", Reason::Revoked),
            ("expired: the certificate has", Reason::Expired),
            ("foreign_site: the sensor xa-1 has", Reason::ForeignSite),
            (
                "foreign_instance: the instance 00000000000000aa is another",
                Reason::ForeignInstance,
            ),
            ("unknown_certificate: x", Reason::UnknownCertificate),
            ("wait: the centre takes nothing now", Reason::Wait),
            ("late: the body came too slowly", Reason::Slow),
            ("cut_short: the body was cut short", Reason::CutShort),
            ("too_many: newer bodies of this sensor", Reason::TooMany),
            (
                "no TLS with a:1: invalid peer certificate: UnknownIssuer",
                Reason::WrongCa,
            ),
            (
                "no TLS with a:1: invalid peer certificate: certificate not valid yet: verification time 1",
                Reason::Clock,
            ),
            (
                "no TLS with a:1: invalid peer certificate: certificate not valid for name \"a\"",
                Reason::WrongName,
            ),
            (
                "cannot reach a:1: failed to lookup address information: Name or service not known",
                Reason::NoName,
            ),
            (
                "cannot reach a:1: Connection refused (os error 111)",
                Reason::Unreachable,
            ),
            ("https://a:1 did not answer in time", Reason::Late),
        ] {
            assert_eq!(Reason::of_text(text), Some(reason), "{text}");
        }
        assert_eq!(Reason::of_text("something: of tomorrow"), None);
        let said = shown("something: of tomorrow", Language::Vietnamese);
        assert_eq!(said, "something: of tomorrow");
        assert_eq!(
            shown("revoked: x", Language::Vietnamese),
            "cảm biến đã bị thu hồi"
        );
    }
}
