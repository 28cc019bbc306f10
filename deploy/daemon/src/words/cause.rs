//! Why a source, an update or a configuration does not work. The texts are this program's and the operating system's,
//! in English: people get a lead-in in their language and a next step, then the text itself.

use crate::language::Language;
use crate::reason::Reason;

/// Causes, the more special first, each with marks of its texts, what it is in Vietnamese (the text itself is the
/// English), and the next step in both languages. The last has the mark "", so every text has a cause.
macro_rules! causes {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$vdoc:meta])* $variant:ident $marks:expr, $vi:literal, $next_vi:literal, $next_en:literal;)+
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// All of them, in the order in which they are tried.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant,)+];

            pub(super) fn marks(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &$marks,)+ }
            }

            /// What a text says.
            pub(crate) fn of_text(text: &str) -> Self {
                let says = |own: &&Self| own.marks().iter().any(|mark| text.contains(mark));
                Self::ALL.iter().find(says).copied().unwrap_or(Self::Other)
            }

            /// What it is, without the next step: in Vietnamese a lead-in and the text, in English the text.
            pub(crate) fn shown(self, text: &str, language: Language) -> String {
                let vi = match self { $(Self::$variant => $vi,)+ };
                match language {
                    Language::Vietnamese => format!("{vi} (nguyên văn: {text})"),
                    Language::English => text.to_owned(),
                }
            }

            /// What to do, in Vietnamese and in English.
            pub(crate) fn next(self) -> (&'static str, &'static str) {
                match self { $(Self::$variant => ($next_vi, $next_en),)+ }
            }

            /// What it is, and what to do.
            pub(crate) fn explained(text: &str, language: Language) -> Explained {
                let own = Self::of_text(text);
                let (shown, next) = (own.shown(text, language), own.next());
                Explained { shown, next }
            }
        }
    };
}

causes! {
    /// Why a source does not work.
    SourceCause {
        /// Its site is not granted to this sensor.
        ForeignSite ["may not deliver"],
            "cảm biến không được gửi cho điểm của nguồn này",
            "sửa khóa site của nguồn, hoặc nhờ trung tâm cấp điểm đó cho cảm biến này",
            "correct the key site of the source, or ask the centre to grant this sensor that site";
        /// The interface is not there.
        NoInterface ["has no interface", "No such device", "no such device"],
            "máy này không có giao diện mạng đó",
            "xem tên giao diện bằng ip link, rồi sửa khóa interface của nguồn",
            "see the names with ip link, then correct the key interface of the source";
        /// The interface is down.
        InterfaceDown ["is not up", "went down", "Network is down"],
            "giao diện mạng đang tắt",
            "cắm cáp, rồi bật giao diện: ip link set TÊN up",
            "plug the cable in, then: ip link set NAME up";
        /// The filter is none.
        BadFilter [": filter "],
            "bộ lọc gói tin viết sai",
            "sửa khóa filter của nguồn theo cú pháp của tcpdump",
            "correct the key filter of the source; its syntax is tcpdump's";
        /// The rights to capture are not there, or the interface cannot be opened.
        NoCapture ["CAP_NET_RAW", "privileges could not be dropped"],
            "không mở được giao diện mạng để bắt gói tin",
            "chạy bằng dịch vụ haidang của systemd, vốn có quyền CAP_NET_RAW, hoặc bằng sudo",
            "run it as haidang's systemd service, which has CAP_NET_RAW, or with sudo";
        /// The user of the service may not.
        NotAllowed ["Permission denied", "Operation not permitted"],
            "không có quyền truy cập",
            "cho người dùng của dịch vụ quyền đọc (thường là nhóm adm); cổng dưới 1024 thì đổi sang cổng lớn hơn",
            "let the service's user read it (usually the group adm); for a port below 1024 take a higher one";
        /// The path is not there.
        NotThere ["No such file or directory"],
            "không tìm thấy tệp hoặc thư mục",
            "kiểm tra đường dẫn trong khóa path của nguồn",
            "look at the key path of the source";
        /// The folder has no capture.
        NoCaptureFile ["there is no capture in this folder"],
            "thư mục không có tệp bắt gói tin nào",
            "chép tệp .pcap, .pcapng hoặc .cap vào đó, hoặc sửa khóa path của nguồn",
            "copy a .pcap, .pcapng or .cap there, or correct the key path of the source";
        /// It is compressed.
        Compressed ["must be unpacked first"],
            "tệp đang ở dạng nén",
            "giải nén tệp rồi để lại vào chỗ cũ",
            "unpack the file and leave it in its place";
        /// It is not what the source says that it is.
        WrongFormat [" is not a "],
            "tệp không đúng loại mà nguồn khai báo",
            "sửa khóa kind của nguồn, hoặc chỉ khóa path tới tệp khác",
            "correct the key kind of the source, or let path name another file";
        /// Somebody else listens there.
        AddressInUse ["Address already in use"],
            "địa chỉ nhận đã có chương trình khác dùng",
            "tìm chương trình đó bằng ss -lntup, dừng nó, hoặc đổi khóa listen của nguồn",
            "find that program with ss -lntup, stop it, or change the key listen of the source";
        /// The address is another machine's.
        AddressElsewhere ["Cannot assign requested address"],
            "địa chỉ nhận không phải của máy này",
            "đổi khóa listen của nguồn thành địa chỉ của máy này, hoặc 0.0.0.0",
            "let the key listen of the source be an address of this machine, or 0.0.0.0";
        /// No such time zone.
        Zone ["unknown time zone"],
            "không có múi giờ mang tên này",
            "sửa khóa zone của nguồn, ví dụ Asia/Ho_Chi_Minh",
            "correct the key zone of the source, for example Asia/Ho_Chi_Minh";
        /// A limit that nothing could work with.
        BadLimit ["limits."],
            "giới hạn đặt không hợp lệ",
            "sửa khóa limits được nêu trong tệp cấu hình",
            "correct the key of limits that is named";
        /// No room.
        NoRoom ["No space left on device"],
            "đĩa đầy",
            "giải phóng đĩa: du -xh / | sort -h | tail",
            "make room on the disk: du -xh / | sort -h | tail";
        /// The disk or device is broken.
        Device ["Input/output error"],
            "thiết bị hoặc ổ đĩa bị lỗi",
            "xem dmesg, kiểm tra ổ đĩa và cáp",
            "see dmesg, look at the disk and the cables";
        /// A program beside does not run.
        Program ["cannot run "],
            "không chạy được chương trình mà nguồn cần",
            "kiểm tra chương trình được nêu đã được cài chưa, rồi xem journalctl -u 'haidang*'",
            "see whether the program that is named is installed, then journalctl -u 'haidang*'";
        /// The build lacks it.
        Unsupported ["this build has no"],
            "bản haidang này không có chức năng mà nguồn cần",
            "cài bản haidang đầy đủ",
            "install the full build of haidang";
        /// The capture's process ended.
        Broken ["the child has ended", "link to the capture child", "was cut short"],
            "tiến trình của nguồn bị ngắt",
            "chương trình tự khởi động lại nguồn; nếu lặp lại, xem journalctl -u 'haidang*'",
            "it is started again by itself; if that goes on, see journalctl -u 'haidang*'";
        /// Anything else.
        Other [""],
            "nguồn báo lỗi",
            "sửa nguồn này trong tệp cấu hình, hoặc báo trung tâm nếu cấu hình là của trung tâm",
            "correct the source in the configuration, or tell the centre if the configuration is the centre's";
    }
}

causes! {
    /// Why an update does not go well.
    UpdateCause {
        /// The trial was cut short.
        CutShort ["was cut short before"],
            "việc cài đặt bị ngắt giữa chừng",
            "nhờ trung tâm phát hành lại bản cập nhật",
            "ask the centre to publish the update again";
        /// The box was not well before.
        NotWellBefore ["not well before the update"],
            "máy đã có lỗi từ trước khi cập nhật",
            "chạy haidang doctor, sửa các lỗi được nêu, rồi cập nhật lại",
            "run haidang doctor, mend what it names, then update again";
        /// The box is not well with it.
        NotWellAfter ["not well with it", "doctor says"],
            "máy không hoạt động tốt với bản mới",
            "chương trình cũ đang chạy lại; chạy haidang doctor và gửi kết quả cho trung tâm",
            "the old program runs again; run haidang doctor and send what it says to the centre";
        /// Not an update, or too large a one.
        NoOffer ["the centre offers no update file"],
            "trung tâm đưa ra tệp không phải bản cập nhật, hoặc lớn hơn update.mib",
            "tăng update.mib trong tệp cấu hình, hoặc báo trung tâm",
            "raise update.mib in the configuration, or tell the centre";
        /// The file is not the one that was offered.
        NotOffered ["is not what the centre offered", "the centre has no more of it"],
            "tệp tải về không phải tệp mà trung tâm công bố",
            "nhờ trung tâm phát hành lại bản cập nhật",
            "ask the centre to publish the update again";
        /// Not newer.
        NotNewer ["is not newer than"],
            "bản cập nhật không mới hơn bản đang chạy",
            "không cần làm gì; trung tâm cần phát hành phiên bản cao hơn",
            "nothing is to be done here; the centre would publish a higher version";
        /// It changes the layout of data.
        Layout ["changes the layout of data"],
            "bản cập nhật đổi cấu trúc dữ liệu, sau đó không quay lại được",
            "sao lưu (haidang backup), rồi cài bằng tay: haidang update install … --no-way-back",
            "take a backup (haidang backup), then install it by hand: haidang update install … --no-way-back";
        /// The certificate of whoever publishes is not there.
        NoCertificate ["the certificate of whoever publishes"],
            "máy này không có chứng thư của nơi phát hành bản cập nhật",
            "chép chứng thư đó vào đường dẫn update.certificate",
            "put that certificate where update.certificate says";
        /// Not signed by whom this box believes.
        NotSigned ["is not signed by", "its signature cannot be read"],
            "chữ ký của bản cập nhật không hợp lệ",
            "không cài tệp này; báo trung tâm, và đối chiếu chứng thư update.certificate",
            "do not install it; tell the centre, and compare the certificate update.certificate";
        /// For another kind of machine.
        OtherMachine [", this machine is "],
            "bản cập nhật dành cho loại máy khác",
            "nhờ trung tâm phát hành bản dành cho loại máy này",
            "ask the centre for one for this kind of machine";
        /// The program does not start here, or is another.
        DoesNotRun ["the new program does not run", "the new program is none", "the update says version"],
            "chương trình trong bản cập nhật không chạy được hoặc không đúng phiên bản",
            "báo trung tâm; chương trình cũ vẫn chạy",
            "tell the centre; the old program is in force";
        /// Not an update file, or damaged.
        Damaged [
            "is no update file", "does not say what it is", "its program", "is too large", "the program cannot be written",
        ],
            "tệp cập nhật bị hỏng hoặc không phải của haidang",
            "nhờ trung tâm phát hành lại bản cập nhật",
            "ask the centre to publish the update again";
        /// No room.
        NoRoom ["bytes left, and the update needs", "No space left on device"],
            "đĩa không đủ chỗ cho bản cập nhật",
            "giải phóng đĩa: du -xh / | sort -h | tail; sau đó máy tự thử lại",
            "make room on the disk: du -xh / | sort -h | tail; then it is tried again by itself";
        /// Anything else.
        Other [""],
            "bản cập nhật gặp lỗi",
            "máy tự thử lại; nếu kéo dài, xem journalctl -u 'haidang*' và báo trung tâm",
            "it is tried again; if that goes on, see journalctl -u 'haidang*' and tell the centre";
    }
}

causes! {
    /// Why a configuration of the centre is not in force.
    ConfigCause {
        /// The sensor ended while it was tried.
        Ended ["ended twice while it was tried"],
            "cảm biến đã hai lần dừng trong lúc thử cấu hình",
            "báo trung tâm sửa cấu hình; cấu hình trước đó vẫn chạy",
            "tell the centre; the configuration before it is in force";
        /// Nothing was delivered with it.
        TookNothing ["the centre took nothing"],
            "trong thời gian thử, trung tâm không nhận được gì từ cảm biến",
            "kiểm tra đường truyền và các khóa uplink của cấu hình mới; cấu hình trước đó vẫn chạy",
            "look at the line and at uplink of the new configuration; the one before it is in force";
        /// Not signed by the centre.
        NotSigned ["is not signed by", "the signature of the configuration"],
            "chữ ký của cấu hình không phải của trung tâm này",
            "xin trung tâm lời mời mới, rồi chạy lại haidang enrol",
            "ask the centre for a new invitation, then run haidang enrol again";
        /// For another sensor.
        OtherSensor ["the configuration is for the sensor"],
            "cấu hình dành cho một cảm biến khác",
            "báo trung tâm; cấu hình trước đó vẫn chạy",
            "tell the centre; the configuration before it is in force";
        /// It cannot be read.
        Unreadable ["the configuration cannot be read"],
            "không đọc được cấu hình",
            "cài cùng phiên bản haidang ở trung tâm và ở máy này",
            "install the same version of haidang here and at the centre";
        /// Anything else: what the reader of configurations says, with its line.
        Other [""],
            "cấu hình có chỗ không dùng được",
            "báo trung tâm sửa chỗ được nêu; cấu hình trước đó vẫn chạy",
            "tell the centre to mend what is named; the configuration before it is in force";
    }
}

/// What is wrong, in one language, and the next step in Vietnamese and in English.
pub(crate) struct Explained {
    /// What it is.
    pub(crate) shown: String,
    /// What to do.
    pub(crate) next: (&'static str, &'static str),
}

impl Explained {
    /// In one line.
    pub(crate) fn line(&self, language: Language) -> String {
        let (vi, en) = self.next;
        format!("{}; {}", self.shown, language.say(vi, en))
    }

    /// Why an update does not go well: the line to the centre may be why.
    pub(crate) fn of_update(text: &str, language: Language) -> Self {
        let Some(own) = Reason::of_text(text) else {
            return UpdateCause::explained(text, language);
        };
        let (shown, next) = (own.words(language).to_owned(), own.next());
        Self { shown, next }
    }

    /// Why a configuration is not in force: one of its sources may be why.
    pub(crate) fn of_config(text: &str, language: Language) -> Self {
        let of_source = text.strip_prefix("source ");
        let Some((id, why)) = of_source.and_then(|rest| rest.split_once(": ")) else {
            return ConfigCause::explained(text, language);
        };
        let Self { shown, next } = SourceCause::explained(why, language);
        let shown = format!("{} {id}: {shown}", language.say("nguồn", "source"));
        Self { shown, next }
    }
}
