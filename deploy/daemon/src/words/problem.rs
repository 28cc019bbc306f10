//! What a centre says is wrong with it: the codes of `/api/v1/health`, in both languages, each with its next step.

use serde_json::Value;

use crate::language::Language;

spoken! {
    /// What is wrong; names in braces stand for what the centre fills in.
    ProblemCode {
        /// The disk is full.
        DiskFull "disk_full", "đĩa đầy: trung tâm không nhận sự kiện cho tới khi có chỗ",
            "the disk is full: no event is accepted until there is room";
        /// The journal cannot be written.
        JournalFailed "journal_failed", "không ghi được nhật ký gốc: trung tâm không nhận sự kiện nữa",
            "a write to the journal failed: no event is accepted";
        /// Frames of the journal are damaged.
        FrameCorrupt "frame_corrupt", "nhật ký gốc bị hỏng, mất các sự kiện từ {first} đến {last}",
            "the journal lost events {first} to {last} to damage";
        /// The index stands still.
        IndexStalled "index_stalled", "chỉ mục đứng yên, tìm kiếm và phát hiện thiếu sự kiện mới (nguyên văn: {reason})",
            "the index stands still, searches and detection lack new events: {reason}";
        /// A part of the index cannot be read.
        PartitionQuarantined "partition_quarantined",
            "không đọc được phần chỉ mục {partition}: tìm kiếm thiếu sự kiện của phần này",
            "the partition {partition} cannot be read: searches lack its events";
        /// Sources do not work.
        SourceFailed "source_failed", "{count} nguồn không hoạt động", "{count} sources do not work";
        /// Correlations forgot events.
        WindowsEvicted "windows_evicted",
            "từ lúc khởi động, bộ tương quan đã quên {count} sự kiện vì hết chỗ: có thể sót cảnh báo",
            "correlations forgot {count} events since the start, for there was no room: alerts may be missed";
        /// Rules cannot be used.
        RuleBad "rule_bad", "có {count} lỗi trong các luật phát hiện", "{count} rule problems";
        /// Events were lost.
        EventsDropped "events_dropped", "có sự kiện bị mất trước khi được ghi", "events were lost before they were written";
    }
}

/// How much a problem weighs for `doctor`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Graveness {
    /// It works, and somebody should look at it.
    Warning,
    /// Something does not work.
    Failure,
}

impl ProblemCode {
    /// What to do, in Vietnamese and in English.
    pub(super) fn next(self) -> (&'static str, &'static str) {
        match self {
            Self::DiskFull => (
                "xóa tệp không cần đến (du -xh / | sort -h | tail), hoặc dùng đĩa lớn hơn",
                "delete what is not needed (du -xh / | sort -h | tail), or use a larger disk",
            ),
            Self::JournalFailed => (
                "kiểm tra ổ đĩa (dmesg), rồi: systemctl restart haidang",
                "look at the disk (dmesg), then: systemctl restart haidang",
            ),
            Self::FrameCorrupt => (
                "kiểm tra ổ đĩa (dmesg, smartctl); nếu có bản sao lưu trước đó, phục hồi bằng haidang restore",
                "look at the disk (dmesg, smartctl); with a backup from before, use haidang restore",
            ),
            Self::IndexStalled => (
                "kiểm tra dung lượng và lỗi của ổ đĩa (df, dmesg); nguyên nhân: journalctl -u haidang",
                "look at the disk's room and its errors (df, dmesg); the cause: journalctl -u haidang",
            ),
            Self::PartitionQuarantined => (
                "systemctl stop haidang; haidang verify --rebuild; systemctl start haidang (dựng lại phần chỉ mục đó)",
                "systemctl stop haidang; haidang verify --rebuild; systemctl start haidang (it builds the partition anew)",
            ),
            Self::SourceFailed => (
                "xem lý do từng nguồn trên bảng điều khiển, mục Nguồn dữ liệu",
                "see why on the page Sources of the console",
            ),
            Self::WindowsEvicted => (
                "tăng detector.window_entries trong tệp cấu hình",
                "raise detector.window_entries in the configuration",
            ),
            Self::RuleBad => (
                "chạy haidang rules check và sửa các tệp được nêu",
                "run haidang rules check and mend the files that it names",
            ),
            Self::EventsDropped => (
                "xem nguồn nào bị mất trên bảng điều khiển, mục Nguồn dữ liệu",
                "see of which source on the page Sources of the console",
            ),
        }
    }
}

/// A problem that a centre reports.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trouble<'a> {
    said: &'a Value,
    code: Option<ProblemCode>,
}

impl<'a> Trouble<'a> {
    /// All that an answer of `/api/v1/health` has.
    pub(crate) fn all(health: &'a Value) -> impl Iterator<Item = Self> {
        let problems = health.get("problems").and_then(Value::as_array);
        problems.into_iter().flatten().map(|said| Self {
            said,
            code: text(said, "code").and_then(ProblemCode::of),
        })
    }

    /// Whether it tells of sources, which can say more themselves.
    pub(crate) fn is_of_sources(self) -> bool {
        self.code == Some(ProblemCode::SourceFailed)
    }

    /// What it is, for a person; of a code that this program does not know what the centre says.
    pub(crate) fn words(self, language: Language) -> String {
        let Some(code) = self.code else {
            let message = text(self.said, "message").or_else(|| text(self.said, "code"));
            return message.unwrap_or_default().to_owned();
        };
        let mut words = code.words(language).to_owned();
        let params = self.said.get("params").and_then(Value::as_object);
        for (name, value) in params.into_iter().flatten() {
            let value = value.as_str().unwrap_or_default();
            words = words.replace(&format!("{{{name}}}"), value);
        }
        words
    }

    /// What to do, in Vietnamese and in English.
    pub(crate) fn next(self) -> (&'static str, &'static str) {
        self.code.map_or(
            (
                "xem chi tiết trên bảng điều khiển, mục Tình trạng",
                "see the page Health in the console",
            ),
            ProblemCode::next,
        )
    }

    /// A centre that says that it is critical does not do its work; nor does an index that lacks a part, nor a source
    /// that does not run.
    pub(crate) fn graveness(self) -> Graveness {
        let gap = matches!(
            self.code,
            Some(ProblemCode::PartitionQuarantined | ProblemCode::SourceFailed)
        );
        if gap || text(self.said, "severity") == Some("critical") {
            Graveness::Failure
        } else {
            Graveness::Warning
        }
    }
}

fn text<'a>(said: &'a Value, key: &str) -> Option<&'a str> {
    said.get(key).and_then(Value::as_str)
}
