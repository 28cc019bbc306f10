//! Rules and events that were made to cost much: they are decided rightly, or refused by name. None
//! of them is timed; one that took its time would not end.

#![allow(clippy::unwrap_used, reason = "a test")]

use engine::detect::{Detection, Engine};
use engine::rule::{Origin, Problem, RuleFile, RuleLimits, RuleSet};
use event::{Core, Event, EventId, Fields, Kind, Limits, MAX_PATHS, Record, Time, View};

const MAPPING: &str = "events: [{kinds: [windows.system], logsources: [{product: windows}]}]";

fn file(text: &str) -> RuleFile {
    RuleFile {
        origin: Origin::Local,
        path: "t.yml".into(),
        text: text.into(),
    }
}

fn load(detection: &str) -> (RuleSet, Vec<Problem>) {
    let rule = format!(
        "title: t\nid: 11111111-1111-4111-8111-111111111111\nlogsource: {{product: windows}}\n\
         detection:\n  a: {detection}\n  condition: a\n"
    );
    RuleSet::load(
        vec![file(&rule)],
        vec![file(MAPPING)],
        &RuleLimits::default(),
    )
}

/// Whether a rule holds for a record, and why not all of that was read.
fn decide(detection: &str, record: &str) -> (bool, Option<&'static str>) {
    let (set, problems) = load(detection);
    assert!(problems.is_empty(), "{problems:?}");
    let event = Event {
        id: EventId::unnumbered(Kind::WindowsSystem.lane()),
        time: Time::EPOCH,
        seen: Time::EPOCH,
        sensor: "s".into(),
        source: "f".into(),
        site: "x".into(),
        kind: Kind::WindowsSystem,
        exercise: false,
        core: Core::default(),
        record: Record::new(record.as_bytes().to_vec()),
    };
    let mut fields = Fields::default();
    fields.read(event.record.bytes(), Limits::default());
    let mut detections: Vec<Detection> = Vec::new();
    let view = View {
        event: &event,
        fields: &fields,
    };
    Engine::compile(&set).examine(view, &mut detections);
    (!detections.is_empty(), fields.partial())
}

const TEN_MB: usize = 10_000_000;

fn long(tail: &str) -> String {
    format!("{{\"F\":\"{}{tail}\"}}", "a".repeat(TEN_MB))
}

#[test]
fn patterns_that_go_back_in_other_engines_end() {
    for (detection, tail, holds) in [
        ("{F|re: '(a+)+$'}", "b", false),
        ("{F|re: '(a|aa)+$'}", "", true),
        ("{F|re: '(.*)*x'}", "", false),
        ("{F: '*a*a*a*a*a*a*a*a*a*a*b'}", "", false),
        ("{F: '*a*a*a*a*a*a*a*a*a*a*b'}", "b", true),
        ("{F: '?a*?a*?a*?a*?a*c?'}", "bcd", true),
        ("{F|contains: 'aaaaaaaaaaaaaaaab'}", "", false),
        ("{F|contains|all: ['aaab', 'aaaaaaaaaaaaab']}", "b", true),
    ] {
        assert_eq!(
            decide(detection, &long(tail)),
            (holds, None),
            "{detection} …{tail}"
        );
    }
}

#[test]
fn very_long_values_are_decided() {
    assert_eq!(
        decide("{F|endswith: 'needle'}", &long("Needle")),
        (true, None)
    );
    assert_eq!(decide("{F|startswith: 'aaaab'}", &long("")), (false, None));
    assert_eq!(decide("{F|cidr: '10.0.0.0/8'}", &long("")), (false, None));
    assert_eq!(decide("{F|gte: 5}", &long("")), (false, None));
    // Escapes from end to end, letters beyond ASCII from end to end.
    let escaped = format!("{{\"F\":\"{}b\"}}", "\\u0061".repeat(TEN_MB / 6));
    assert_eq!(decide("{F|contains: 'aab'}", &escaped), (true, None));
    let letters = format!("{{\"F\":\"{}\"}}", "Đ".repeat(TEN_MB / 2));
    assert_eq!(decide("{F|endswith: 'đđ'}", &letters), (true, None));
}

#[test]
fn deep_records_are_read_to_a_depth_and_say_so() {
    let deep = format!(
        "{{\"G\":1,\"F\":{}1{}}}",
        "{\"F\":".repeat(10_000),
        "}".repeat(10_000)
    );
    let partial = Some("nested deeper than is read");
    assert_eq!(decide("{G: 1}", &deep), (true, partial));
    assert_eq!(decide("{F.F.F|exists: true}", &deep), (true, partial));
    let arrays = format!(
        "{{\"G\":1,\"F\":{}{}}}",
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    assert_eq!(decide("{G: 1}", &arrays), (true, partial));
    let open = format!("{{\"G\":1,\"F\":{}", "[".repeat(10_000));
    assert_eq!(decide("{G: 1}", &open), (true, Some("not valid JSON")));
}

#[test]
fn of_a_name_that_comes_twice_each_value_counts() {
    for value in ["one", "two"] {
        let holds = decide(&format!("{{F: {value}}}"), r#"{"F":"one","F":"two"}"#);
        assert_eq!(holds, (true, None));
    }
    let many = format!("{{{}\"G\":1}}", "\"F\":\"x\",".repeat(100_000));
    let (holds, partial) = decide("{F: x}", &many);
    assert!(holds);
    assert_eq!(partial, Some("more leaves than are read"));
}

#[test]
fn nul_bytes_end_nothing() {
    let record = r#"{"F":"C:\\a\u0000\\powershell.exe","G\u0000":"x"}"#;
    assert_eq!(
        decide("{F|endswith: '\\powershell.exe'}", record),
        (true, None)
    );
    assert_eq!(decide("{F: 'C:\\a'}", record), (false, None));
    assert_eq!(decide("{\"G\\0\": x}", record), (true, None));
    let raw = "{\"G\":1,\"F\":\"a\0b\"}";
    assert_eq!(decide("{G: 1}", raw), (true, Some("not valid JSON")));
}

#[test]
fn huge_lists_are_bounded() {
    let numbers: Vec<String> = (0..1_000_000).map(|number| number.to_string()).collect();
    let record = format!("{{\"G\":1,\"F\":[{}],\"Z\":1}}", numbers.join(","));
    let partial = Some("more leaves than are read");
    assert_eq!(decide("{F: 7}", &record), (true, partial));
    assert_eq!(
        decide(&format!("{{F: {}}}", MAX_PATHS * 2), &record),
        (false, partial)
    );
    let values = |many: usize| {
        let values: Vec<String> = (0..many).map(|number| format!("v{number}x")).collect();
        format!("{{F|contains: [{}]}}", values.join(","))
    };
    assert_eq!(
        decide(&values(40_000), r#"{"F":"a v39999x b"}"#),
        (true, None)
    );
    let (set, problems) = load(&values(60_000));
    assert_eq!(set.rules().count(), 0);
    assert!(problems.iter().any(Problem::is_error), "{problems:?}");
}
