//! The words of the page, in both languages; the glossary is the console's.

use engine::rule::Level;
use engine::store::{CaseAction, CaseState, CustodyAction, ObservableKind, Verdict};
use event::Time;

use super::VIETNAM;

/// In which language a page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::api::cases) enum Language {
    /// Vietnamese.
    Vietnamese,
    /// English.
    English,
}

impl Language {
    pub(super) fn of(self, vi: &'static str, en: &'static str) -> &'static str {
        match self {
            Self::Vietnamese => vi,
            Self::English => en,
        }
    }

    /// A time in Vietnam.
    pub(super) fn time(self, time: Time) -> String {
        let text = time.plus(VIETNAM).to_string();
        let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
        let (day, clock) = (part(0, 10), part(11, 19));
        match self {
            Self::English => format!("{day} {clock} +07"),
            Self::Vietnamese => {
                format!("{}/{}/{} {clock}", part(8, 10), part(5, 7), part(0, 4))
            }
        }
    }
}

pub(super) fn state_of(state: CaseState, language: Language) -> &'static str {
    match state {
        CaseState::New => language.of("Mới", "New"),
        CaseState::InWork => language.of("Đang xử lý", "In work"),
        CaseState::Closed => language.of("Đã đóng", "Closed"),
    }
}

pub(super) fn level_of(level: Level, language: Language) -> &'static str {
    match level {
        Level::Informational => language.of("Thông tin", "Informational"),
        Level::Low => language.of("Thấp", "Low"),
        Level::Medium => language.of("Trung bình", "Medium"),
        Level::High => language.of("Cao", "High"),
        Level::Critical => language.of("Nghiêm trọng", "Critical"),
    }
}

pub(super) fn verdict_of(verdict: Verdict, language: Language) -> &'static str {
    match verdict {
        Verdict::TruePositive => language.of("Tấn công thật", "True positive"),
        Verdict::Benign => language.of("Hợp lệ", "Benign"),
        Verdict::FalsePositive => language.of("Báo nhầm", "False positive"),
        Verdict::Undetermined => language.of("Chưa xác định", "Undetermined"),
    }
}

pub(super) fn kind_of(kind: ObservableKind, language: Language) -> &'static str {
    match kind {
        ObservableKind::Ip => language.of("Địa chỉ IP", "IP address"),
        ObservableKind::Domain => language.of("Tên miền", "Domain"),
        ObservableKind::Url => "URL",
        ObservableKind::Email => language.of("Thư điện tử", "E-mail"),
        ObservableKind::Hash => language.of("Mã băm", "Hash"),
        ObservableKind::File => language.of("Tệp", "File"),
        ObservableKind::Host => language.of("Máy", "Host"),
        ObservableKind::User => language.of("Tài khoản", "Account"),
        ObservableKind::Process => language.of("Tiến trình", "Process"),
        ObservableKind::Other => language.of("Khác", "Other"),
    }
}

pub(super) fn custody_of(action: CustodyAction, language: Language) -> &'static str {
    match action {
        CustodyAction::Received => language.of("Nhận vào", "Received"),
        CustodyAction::Read => language.of("Lấy bản sao", "Copied"),
    }
}

pub(super) fn action_of(action: CaseAction, language: Language) -> &'static str {
    match action {
        CaseAction::Opened => language.of("Mở vụ việc", "Case opened"),
        CaseAction::Changed => language.of("Sửa vụ việc", "Case changed"),
        CaseAction::AlertLinked => language.of("Gắn cảnh báo", "Alert linked"),
        CaseAction::AlertUnlinked => language.of("Gỡ cảnh báo", "Alert taken out"),
        CaseAction::NoteChanged => language.of("Sửa ghi chú", "Note changed"),
        CaseAction::TaskAdded => language.of("Thêm việc", "Task added"),
        CaseAction::TaskChanged => language.of("Sửa việc", "Task changed"),
        CaseAction::TaskDone => language.of("Xong việc", "Task done"),
        CaseAction::TaskRemoved => language.of("Bỏ việc", "Task removed"),
        CaseAction::ObservableAdded => language.of("Thêm đối tượng", "Observable added"),
        CaseAction::ObservableChanged => language.of("Sửa đối tượng", "Observable changed"),
        CaseAction::ObservableRemoved => language.of("Bỏ đối tượng", "Observable removed"),
        CaseAction::EvidenceAdded => language.of("Thêm chứng cứ", "Evidence added"),
        CaseAction::EventUnpinned => language.of("Gỡ sự kiện", "Event taken out"),
        CaseAction::Closed => language.of("Đóng vụ việc", "Case closed"),
        CaseAction::Reopened => language.of("Mở lại vụ việc", "Case reopened"),
        CaseAction::IncidentOpened => language.of("Mở sự cố", "Incident opened"),
    }
}
