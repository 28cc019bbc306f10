//! A case as one page of HTML: self-contained, for paper. Every text that people or machines wrote is escaped in
//! [`Page::text`]; values that a reader could follow by accident are defanged.

mod said;

use std::time::Duration;

use engine::store::{
    AlertRow, Case, CaseDetail, Custody, KeptEvidence, Moment, Note, Observable, ObservableKind,
    Pinned, SeenIn, Task, Verdict,
};
use event::Time;
use serde_json::Value;

pub(super) use said::Language;
use said::{action_of, custody_of, kind_of, level_of, state_of, verdict_of};

const STYLE: &str = include_str!("page/page.css");
/// Vietnam has had one time all year since 1975.
const VIETNAM: Duration = Duration::from_secs(7 * 3_600);
/// The most letters of a field of an event, and the most fields.
const FIELD: usize = 300;
const FIELDS: usize = 24;

/// Writes the page. `by` is who asked for it, and when.
pub(super) fn write(
    detail: &CaseDetail,
    moments: &[Moment],
    is_all: bool,
    language: Language,
    by: (&str, Time),
) -> String {
    let mut page = Page {
        html: String::new(),
        language,
    };
    page.begin(&detail.row);
    page.facts(&detail.row);
    page.alerts(&detail.alerts);
    page.observables(&detail.observables);
    page.tasks(&detail.tasks);
    page.notes(&detail.notes);
    page.evidence(&detail.evidence);
    page.timeline(moments, is_all);
    page.end(&detail.row, by);
    page.html
}

struct Page {
    html: String,
    language: Language,
}

impl Page {
    /// Our own HTML.
    fn raw(&mut self, html: &str) {
        self.html.push_str(html);
    }

    /// One of our own words.
    fn say(&mut self, vi: &'static str, en: &'static str) {
        let word = self.language.of(vi, en);
        self.raw(word);
    }

    /// A text of others: as text, whatever it holds. What cannot be seen is shown by its number.
    fn text(&mut self, text: &str) {
        for letter in text.chars() {
            match letter {
                '&' => self.raw("&amp;"),
                '<' => self.raw("&lt;"),
                '>' => self.raw("&gt;"),
                '"' => self.raw("&quot;"),
                '\'' => self.raw("&#39;"),
                '\n' | '\t' => self.html.push(letter),
                _ if is_hidden(letter) => {
                    let number = format!("\u{27e8}U+{:04X}\u{27e9}", u32::from(letter));
                    self.raw(&number);
                }
                _ => self.html.push(letter),
            }
        }
    }

    fn cell(&mut self, text: &str) {
        self.raw("<td>");
        self.text(text);
        self.raw("</td>");
    }

    fn value(&mut self, text: &str) {
        self.raw("<td class=\"value\">");
        self.text(text);
        self.raw("</td>");
    }

    fn time(&mut self, time: Time) {
        let said = self.language.time(time);
        self.raw("<td class=\"time\">");
        self.raw(&said);
        self.raw("</td>");
    }

    fn section(&mut self, vi: &'static str, en: &'static str, count: usize) {
        self.raw("<h2>");
        self.say(vi, en);
        self.raw(&format!(" ({count})</h2>"));
    }

    /// A table's head.
    fn head(&mut self, columns: &[(&'static str, &'static str)]) {
        self.raw("<table><thead><tr>");
        for (vi, en) in columns {
            self.raw("<th scope=\"col\">");
            self.say(vi, en);
            self.raw("</th>");
        }
        self.raw("</tr></thead><tbody>");
    }

    fn foot(&mut self) {
        self.raw("</tbody></table>");
    }

    fn begin(&mut self, case: &Case) {
        self.raw("<!doctype html><html lang=\"");
        self.say("vi", "en");
        self.raw("\"><head><meta charset=\"utf-8\"><title>");
        self.text(&format!("{} {}", case.id, case.title));
        self.raw("</title><style>");
        self.raw(STYLE);
        self.raw("</style></head><body>");
        if case.exercise {
            self.raw("<p class=\"exercise\">");
            self.say("DIỄN TẬP", "EXERCISE");
            self.raw("</p>");
        }
        self.raw("<p class=\"id\">");
        self.say("Vụ việc", "Case");
        self.text(&format!(" {}", case.id));
        self.raw("</p><h1>");
        self.text(&case.title);
        self.raw("</h1>");
    }

    fn facts(&mut self, case: &Case) {
        let language = self.language;
        let verdict = case.verdict.map(|verdict| verdict_of(verdict, language));
        let sites: Vec<&str> = case
            .sites
            .iter()
            .map(|site| match site.as_str() {
                "" => language.of("toàn tỉnh", "the province"),
                site => site,
            })
            .collect();
        let (opened, updated) = (language.time(case.opened), language.time(case.updated));
        let sites = sites.join(", ");
        let facts: [((&'static str, &'static str), &str); 9] = [
            (("Trạng thái", "State"), state_of(case.state, language)),
            (("Mức độ", "Severity"), level_of(case.level, language)),
            (("Kết luận", "Verdict"), verdict.unwrap_or("–")),
            (
                ("Người xử lý", "Assignee"),
                case.assignee.as_deref().unwrap_or("–"),
            ),
            (("Người mở", "Opened by"), case.opened_by.as_str()),
            (("Mở lúc", "Opened"), opened.as_str()),
            (("Đổi lần cuối", "Last change"), updated.as_str()),
            (("Điểm giám sát", "Sites"), sites.as_str()),
            (
                ("Sự cố", "Incident"),
                case.incident.as_deref().unwrap_or("–"),
            ),
        ];
        self.raw("<table class=\"facts\"><tbody>");
        for ((vi, en), fact) in facts {
            self.raw("<tr><th scope=\"row\">");
            self.say(vi, en);
            self.raw("</th>");
            self.cell(fact);
            self.raw("</tr>");
        }
        self.foot();
        for (vi, en, text) in [
            ("Tóm tắt", "Summary", &case.summary),
            ("Bài học", "Lessons", &case.lessons),
        ] {
            if !text.is_empty() {
                self.raw("<h2>");
                self.say(vi, en);
                self.raw("</h2><p class=\"text\">");
                self.text(text);
                self.raw("</p>");
            }
        }
    }

    fn alerts(&mut self, alerts: &[AlertRow]) {
        self.section("Cảnh báo", "Alerts", alerts.len());
        if alerts.is_empty() {
            return;
        }
        self.head(&[
            ("Lần đầu", "First"),
            ("Lần cuối", "Last"),
            ("Mức độ", "Severity"),
            ("Luật", "Rule"),
            ("Đối tượng", "Entities"),
            ("Số sự kiện", "Events"),
            ("Điểm giám sát", "Site"),
        ]);
        for alert in alerts {
            let entities = alert.entities.iter().map(|entity| defanged(&entity.value));
            let entities: Vec<String> = entities.collect();
            self.raw("<tr>");
            self.time(alert.first);
            self.time(alert.last);
            self.cell(level_of(alert.level, self.language));
            self.cell(&title_of(&alert.rule, self.language));
            self.value(&entities.join("\n"));
            self.cell(&alert.count.to_string());
            self.cell(&alert.site);
            self.raw("</tr>");
        }
        self.foot();
    }

    fn observables(&mut self, observables: &[(Observable, SeenIn)]) {
        self.section("Đối tượng liên quan", "Observables", observables.len());
        if observables.is_empty() {
            return;
        }
        self.head(&[
            ("Loại", "Kind"),
            ("Giá trị", "Value"),
            ("Ghi chú", "Note"),
            ("Nhãn", "Tags"),
            ("Cũng thấy ở", "Also seen in"),
        ]);
        for (own, seen) in observables {
            self.raw("<tr>");
            self.cell(kind_of(own.kind, self.language));
            self.value(&shown_value(own));
            self.cell(&own.note);
            self.cell(&own.tags.join(", "));
            let cases: Vec<&str> = seen.cases.iter().map(|(id, _)| id.as_str()).collect();
            let alerts = self.language.of("cảnh báo khác", "other alerts");
            self.cell(&format!(
                "{}{}{} {alerts}",
                cases.join(", "),
                if cases.is_empty() { "" } else { "; " },
                seen.alerts_count
            ));
            self.raw("</tr>");
        }
        self.foot();
    }

    fn tasks(&mut self, tasks: &[Task]) {
        self.section("Việc cần làm", "Tasks", tasks.len());
        if tasks.is_empty() {
            return;
        }
        self.head(&[
            ("Xong", "Done"),
            ("Việc", "Task"),
            ("Người làm", "Assignee"),
            ("Hạn", "Due"),
        ]);
        for task in tasks {
            let done = task.done.map(|time| self.language.time(time));
            let due = task.due.map(|time| self.language.time(time));
            let by = task.done_by.as_deref().unwrap_or_default();
            self.raw("<tr>");
            let done = done.map_or("☐".to_owned(), |done| format!("☑ {done} {by}"));
            self.cell(&done);
            self.cell(&task.text);
            self.cell(task.assignee.as_deref().unwrap_or("–"));
            self.cell(due.as_deref().unwrap_or("–"));
            self.raw("</tr>");
        }
        self.foot();
    }

    fn notes(&mut self, notes: &[Note]) {
        self.section("Ghi chú", "Notes", notes.len());
        for note in notes.iter().rev() {
            let first = self.language.time(note.first);
            self.raw("<div class=\"note\"><p class=\"by\">");
            self.text(&format!("{first} · {}", note.author));
            if note.version > 1 {
                let changed = self.language.of("sửa", "changed");
                let at = self.language.time(note.at);
                self.text(&format!(" · {changed} {at}, {}", note.who));
            }
            self.raw("</p><p class=\"text\">");
            self.text(&note.text);
            self.raw("</p></div>");
        }
    }

    fn evidence(&mut self, evidence: &[(KeptEvidence, Vec<Custody>)]) {
        self.section("Chứng cứ", "Evidence", evidence.len());
        for (kept, custody) in evidence {
            self.raw("<div class=\"note\"><p><strong>");
            self.text(&kept.name);
            self.raw("</strong> ");
            self.text(&format!("{} B {}", kept.bytes, kept.note));
            self.raw("</p><p class=\"value\">SHA-256 ");
            self.text(&kept.sha256);
            self.raw("</p>");
            self.head(&[("Lúc", "When"), ("Ai", "Who"), ("Việc", "What")]);
            for line in custody {
                self.raw("<tr>");
                self.time(line.at);
                self.cell(&line.who);
                self.cell(custody_of(line.action, self.language));
                self.raw("</tr>");
            }
            self.foot();
            self.raw("</div>");
        }
    }

    fn timeline(&mut self, moments: &[Moment], is_all: bool) {
        self.section("Dòng thời gian", "Timeline", moments.len());
        if !is_all {
            self.raw("<p>");
            self.say(
                "Chỉ có phần mới nhất; dòng thời gian dài hơn.",
                "Only the newest part; the timeline is longer.",
            );
            self.raw("</p>");
        }
        self.head(&[("Lúc", "When"), ("Ai", "Who"), ("Việc", "What")]);
        for moment in moments {
            self.raw("<tr>");
            self.moment(moment);
            self.raw("</tr>");
        }
        self.foot();
    }

    fn moment(&mut self, moment: &Moment) {
        match moment {
            Moment::Event(pinned) => {
                self.time(pinned.event.event.time);
                self.cell(&pinned.who);
                self.value(&event_text(pinned));
            }
            Moment::Alert(alert) => {
                self.time(alert.first);
                self.cell("");
                let word = self.language.of("Cảnh báo", "Alert");
                self.cell(&format!("{word}: {}", title_of(&alert.rule, self.language)));
            }
            Moment::Note(note) => {
                self.time(note.first);
                self.cell(&note.author);
                self.cell(&note.text);
            }
            Moment::Action {
                at,
                who,
                action,
                detail,
                ..
            } => {
                self.time(*at);
                self.cell(who);
                let word = action_of(*action, self.language);
                self.cell(&format!("{word} {}", about(detail, self.language)));
            }
        }
    }

    fn end(&mut self, case: &Case, (who, now): (&str, Time)) {
        self.raw("<footer><p>");
        if case.counts.outside + case.counts.outside_sites > 0 {
            let said = self.language.of(
                "mục khác nằm ngoài các điểm giám sát của người xuất",
                "more lie outside the sites of who made this",
            );
            self.text(&format!("{} {said}. ", case.counts.outside));
        }
        self.say("Xuất bởi", "Made by");
        let at = self.language.time(now);
        self.text(&format!(" {who}, {at}. haidang"));
        self.raw("</p></footer></body></html>\n");
    }
}

fn title_of(rule: &Value, language: Language) -> String {
    let vi = rule
        .pointer("/vi/title")
        .filter(|_| language == Language::Vietnamese);
    let title = vi.or_else(|| rule.get("title"));
    title.and_then(Value::as_str).unwrap_or("?").to_owned()
}

/// What an action was about, of its values.
fn about(detail: &Value, language: Language) -> String {
    const NAMED: [&str; 6] = ["title", "text", "value", "name", "verdict", "incident"];
    let values = NAMED.iter().filter_map(|name| detail.get(*name));
    let words = values.map(|value| match value {
        Value::String(text) => match Verdict::from_name(text) {
            Some(verdict) => verdict_of(verdict, language).to_owned(),
            None => defanged(text),
        },
        other => {
            let part = |key: &str| other.get(key).and_then(Value::as_str).unwrap_or_default();
            format!("{} → {}", part("from"), part("to"))
        }
    });
    words.collect::<Vec<_>>().join(" · ")
}

fn event_text(pinned: &Pinned) -> String {
    let event = &pinned.event.event;
    let mut lines = vec![format!(
        "{} {} {}",
        event.kind.name(),
        event.site,
        pinned.note
    )];
    lines.extend(event.core.iter().take(FIELDS).map(|(field, value)| {
        let value: String = value.to_string().chars().take(FIELD).collect();
        format!("{} = {}", field.name(), defanged(&value))
    }));
    lines.push(format!("id = {}", event.id));
    lines.join("\n")
}

fn shown_value(own: &Observable) -> String {
    match own.kind {
        ObservableKind::Ip
        | ObservableKind::Domain
        | ObservableKind::Url
        | ObservableKind::Email => defanged(&own.value),
        _ => own.value.clone(),
    }
}

/// An address that nothing makes a link of: `hxxp://evil[.]example`.
fn defanged(value: &str) -> String {
    let is_address = !value.contains(char::is_whitespace)
        && (value.contains("://")
            || value.contains('@')
            || value.rsplit('.').next().is_some_and(|last| {
                value.contains('.') && !last.is_empty() && last.chars().all(char::is_alphanumeric)
            }));
    if !is_address {
        return value.to_owned();
    }
    let scheme = value.replacen("http", "hxxp", usize::from(value.starts_with("http")));
    scheme.replace('.', "[.]").replace('@', "[@]")
}

/// Controls, and what turns the direction of a line around.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let mut page = Page {
            html: String::new(),
            language: Language::English,
        };
        page.text(text);
        page.html
    }

    #[test]
    fn a_text_stays_a_text() {
        assert_eq!(
            written("<script>alert('1')</script>&\u{202e}\0"),
            "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;⟨U+202E⟩⟨U+0000⟩"
        );
        assert_eq!(written("Đêm qua\nlúc 2 giờ"), "Đêm qua\nlúc 2 giờ");
    }

    #[test]
    fn addresses_are_defanged_and_sentences_are_not() {
        assert_eq!(defanged("http://a.example/x"), "hxxp://a[.]example/x");
        assert_eq!(defanged("203.0.113.7"), "203[.]0[.]113[.]7");
        assert_eq!(defanged("a@b.example"), "a[@]b[.]example");
        assert_eq!(defanged("Đã chặn. Xong."), "Đã chặn. Xong.");
        assert_eq!(defanged("user"), "user");
    }

    #[test]
    fn times_are_those_of_vietnam() {
        let time = Time::parse("2026-11-30T20:05:31Z").unwrap();
        assert_eq!(Language::Vietnamese.time(time), "01/12/2026 03:05:31");
        assert_eq!(Language::English.time(time), "2026-12-01 03:05:31 +07");
    }
}
