//! How things are: the centre, a source, the spool, the line, an update, a configuration.

spoken! {
    /// How a centre is.
    HealthState {
        /// Nothing is wrong.
        Ok "ok", "hoạt động bình thường", "ok";
        /// It works, and something is wrong.
        Degraded "degraded", "đang hoạt động nhưng có vấn đề", "degraded";
        /// Something that it must do it does not.
        Failing "failing", "hoạt động không đúng, cần xử lý ngay", "failing";
    }
}

spoken! {
    /// How a source is, by its newest `sensor.status`.
    SourceState {
        /// It works.
        Running "running", "đang chạy", "running";
        /// Its input has ended, or it was told to stop.
        Ended "ended", "đã kết thúc", "ended";
        /// It does not work; it is tried again.
        Failed "failed", "không hoạt động", "failed";
        /// A file of it cannot be read.
        Unreadable "unreadable", "có tệp không đọc được", "a file cannot be read";
        /// The capture broke off; it is started again.
        Interrupted "capture_interrupted", "việc bắt gói tin bị gián đoạn", "capture interrupted";
        /// Something was left out because of a limit.
        LimitReached "limit_reached", "chạm giới hạn, có phần bị bỏ qua", "limit reached, some was left out";
        /// A file ends before its time.
        Truncated "truncated", "có tệp bị cụt, chỉ đọc được phần đầu", "a file is cut short";
    }
}

spoken! {
    /// What ended a capture file before its time.
    FileFault {
        /// It ends inside a packet.
        Cut "cut", "tệp kết thúc giữa một gói tin", "it ends inside a packet";
        /// A length that cannot be.
        Malformed "malformed", "tệp sai định dạng từ một chỗ nào đó", "it is malformed from some place on";
        /// It could not be read further.
        Unreadable "unreadable", "không đọc tiếp được", "it could not be read further";
    }
}

spoken! {
    /// Whether a spool accepts.
    SpoolState {
        /// It does.
        Ok "ok", "đang nhận sự kiện", "ok";
        /// The disk is full or nearly so.
        Full "full", "đĩa đầy, tạm ngừng nhận sự kiện", "the disk is full, no events are taken";
        /// A write failed; a start is needed.
        Failed "failed", "ghi đĩa bị lỗi, đã ngừng nhận sự kiện", "a write failed, no events are taken";
    }
}

impl SpoolState {
    /// What to do, in Vietnamese and in English.
    pub(crate) fn next(self) -> (&'static str, &'static str) {
        match self {
            Self::Ok => ("", ""),
            Self::Full => (
                "giải phóng đĩa (du -xh / | sort -h | tail); bộ đệm tự nhận tiếp khi có chỗ",
                "make room on the disk (du -xh / | sort -h | tail); it goes on by itself when there is room",
            ),
            Self::Failed => (
                "kiểm tra ổ đĩa (dmesg), rồi: systemctl restart haidang-sensor",
                "look at the disk (dmesg), then: systemctl restart haidang-sensor",
            ),
        }
    }
}

spoken! {
    /// How the line to the centre is.
    UplinkState {
        /// It is being tried.
        Connecting "connecting", "đang kết nối", "connecting";
        /// Events are delivered.
        Connected "connected", "đã kết nối", "connected";
        /// It broke.
        Broken "broken", "mất kết nối", "broken";
        /// The centre takes nothing.
        Refused "refused", "bị trung tâm từ chối", "refused by the centre";
    }
}

spoken! {
    /// How far an update is that the centre offered.
    UpdateState {
        /// Pieces come.
        Fetching "fetching", "đang tải về", "is being fetched";
        /// Root is to install it.
        Ready "ready", "chờ được cài đặt", "waits to be installed";
        /// It is in place.
        Installed "installed", "đã được cài đặt", "is installed";
        /// Nothing was changed.
        Refused "refused", "bị từ chối", "was refused";
        /// The program before is back.
        RolledBack "rolled_back", "đã được hoàn lại", "was put back";
    }
}

spoken! {
    /// How a configuration of the centre is that is not in force.
    ConfigState {
        /// It is being tried.
        Trial "trial", "đang được thử", "is being tried";
        /// It cannot be used.
        Refused "refused", "bị từ chối", "was refused";
        /// It did not hold.
        RolledBack "rolled_back", "đã được hoàn lại", "was put back";
    }
}
