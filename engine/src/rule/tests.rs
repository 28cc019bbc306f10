//! Loading rules: who wins, what is listed, and what hostile files cost.

use super::*;

fn file(origin: Origin, path: &str, text: &str) -> RuleFile {
    RuleFile {
        origin,
        path: path.to_owned(),
        text: text.to_owned(),
    }
}

fn load(files: Vec<RuleFile>) -> (RuleSet, Vec<Problem>) {
    RuleSet::load(files, Vec::new(), &RuleLimits::default())
}

fn rule(id: &str, title: &str) -> String {
    format!(
        "title: {title}\nid: {id}\nlogsource: {{product: windows}}\n\
         detection:\n  a:\n    F: x\n  condition: a\n"
    )
}

fn shown(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn a_local_rule_wins_whatever_the_order_and_an_id_is_taken_once() {
    let shipped = file(Origin::Shipped, "s.yml", &rule("A-1", "shipped"));
    let local = file(Origin::Local, "l.yml", &rule("a-1", "local"));
    for files in [
        vec![shipped.clone(), local.clone()],
        vec![local.clone(), shipped],
    ] {
        let (set, problems) = load(files);
        let titles: Vec<&str> = set.rules().map(|info| &*info.title).collect();
        assert_eq!(titles, ["local"]);
        assert!(problems.is_empty(), "{problems:?}");
    }
    let again = file(Origin::Local, "m.yml", &rule("a-1", "again"));
    let (set, problems) = load(vec![local, again]);
    assert_eq!(set.rules().count(), 1);
    assert_eq!(
        shown(&problems),
        ["m.yml:1: the id is taken by l.yml; give it another"]
    );
}

#[test]
fn all_of_a_rule_is_known() {
    let text = "title: T\nid: x\nlevel: high\nauthor: [a, b]\nlicense: MIT\nstatus: test\n\
        tags: [attack.t1]\ndescription: d\nreferences: [r]\nfalsepositives: f\nmine: kept\n\
        haidang: {entities: [source.ip, user], window: 2h, scope: province, vi: {title: Tiêu đề, falsepositives: [b]}}\n\
        logsource: {category: dns}\ndetection: {a: {F: x}, condition: a}\n";
    let (set, problems) = load(vec![file(Origin::Shipped, "t.yml", text)]);
    assert!(problems.is_empty(), "{problems:?}");
    let info = set.rules().next().unwrap();
    assert_eq!((info.level, info.province), (Level::High, true));
    assert_eq!(info.author.as_deref(), Some("a, b"));
    assert_eq!(info.falsepositives, ["f"]);
    assert_eq!(info.window.as_secs(), 7_200);
    let vietnamese = info.vietnamese.as_ref().unwrap();
    assert_eq!(vietnamese.title, "Tiêu đề");
    assert_eq!(
        (&vietnamese.description, &vietnamese.falsepositives[..]),
        (&None, &["b".to_owned()][..])
    );
    let entities: Vec<&str> = info
        .entities
        .iter()
        .flatten()
        .map(event::Name::text)
        .collect();
    assert_eq!(entities, ["source.ip", "user"]);
    assert!(info.source.contains("mine: kept"));
}

#[test]
fn every_problem_is_listed_with_its_line_and_costs_only_its_rule() {
    let bad = "title: bad\nid: bad\nlevel: terrible\nlogsource: {product: windows}\ndetection:\n  \
        a:\n    F|sounds: x\n    G|re: '('\n  condition: a and b\n";
    let text = format!(
        "{}---\n{bad}---\nnot: [closed\n---\n{}",
        rule("1", "one"),
        rule("2", "two")
    );
    let (set, problems) = load(vec![file(Origin::Local, "t.yml", &text)]);
    assert_eq!(set.rules().count(), 2);
    let shown = shown(&problems);
    let starts = [
        "t.yml:11: level `terrible` is none of informational, low, medium, high, critical",
        "t.yml:15: F|sounds: unknown modifier `sounds`",
        "t.yml:16: G: the regular expression cannot be used: unclosed group",
        "t.yml:17: the condition names `b`, which the detection does not have",
        "t.yml:",
    ];
    assert_eq!(shown.len(), starts.len(), "{shown:#?}");
    for (shown, start) in shown.iter().zip(starts) {
        assert!(shown.starts_with(start), "{shown} is not {start}");
    }
    assert!(problems.iter().all(Problem::is_error));
}

/// A text of which nothing can be used, for this reason.
fn nothing_of(text: &str, reason: &str) {
    let (set, problems) = load(vec![file(Origin::Local, "t.yml", text)]);
    assert_eq!(set.rules().count(), 0, "{text}");
    let found = problems
        .iter()
        .any(|problem| problem.reason.contains(reason));
    assert!(found, "{text}: {problems:?}");
}

#[test]
fn what_is_no_rule_is_said() {
    nothing_of("just text", "a rule is a map, not a text");
    nothing_of("- a\n- b", "a rule is a map, not a list");
    nothing_of("title: t", "needs a detection, a correlation or a filter");
    nothing_of("action: global\nlogsource: {}", "Sigma 1 only");
    nothing_of(
        "title: t\nlogsource: {}\ndetection: {a: {F|cased: 5}, condition: a}",
        "cased is for texts",
    );
    nothing_of(
        "title: t\nlogsource: {}\ndetection: {a: {F|fieldref: 'G*'}, condition: a}",
        "names one field",
    );
    nothing_of(
        "title: t\nlogsource: {}\ndetection: {a: {F|base64offset|contains: x}, condition: a}",
        "two bytes",
    );
    for word in [
        "packs",
        "Attack",
        "imports",
        "exceptions",
        "back",
        "preview",
        "..",
    ] {
        nothing_of(
            &format!(
                "title: t\nid: {word}\nlogsource: {{}}\ndetection: {{a: {{F: x}}, condition: a}}"
            ),
            "is a word of the addresses of rules",
        );
    }
    nothing_of(
        "title: t\ndetection: [a]\nlogsource: {}",
        "detection is a list",
    );
    nothing_of(
        "title: t\ndetection: {a: {F: x}}\nlogsource: {}",
        "needs a condition",
    );
    nothing_of(
        "title: t\ndetection: {a: {F: x}, condition: a}",
        "needs a logsource",
    );
    nothing_of(
        "logsource: {}\ndetection: {a: {F: x}, condition: a}",
        "needs a title",
    );
    nothing_of(
        "title: t\nlogsource: {}\ndetection: {a: {}, condition: a}",
        "empty map",
    );
    nothing_of(
        "title: t\nlogsource: {}\ndetection: {a: {F: []}, condition: a}",
        "empty list",
    );
    nothing_of(
        "title: t\nlogsource: {}\ndetection: {a: {F: {G: 1}}, condition: a}",
        "cannot be a map",
    );
    nothing_of(
        "title: t\nlogsource: {}\ndetection: {a: 1, condition: a}\ncorrelation: {}",
        "their own",
    );
    nothing_of("title: t\ntitle: u", "not valid YAML");
}

#[test]
fn what_a_refused_correlation_counts_stays_silent() {
    let alerts = |rules: &str, more: &str| {
        let text = format!(
            "{}---\ntitle: many\nid: many\ncorrelation:\n  type: event_count\n  rules: [{rules}]\n  \
             group-by: [U]\n  timespan: 1m\n  {more}\n",
            rule("1", "one")
        );
        let (set, problems) = load(vec![file(Origin::Local, "t.yml", &text)]);
        assert!(problems.iter().any(Problem::is_error), "{rules} {more}");
        set.detections[0].alerts
    };
    assert!(!alerts("\"1\"", "condition: {gte: x}"), "as it is read");
    assert!(
        !alerts("\"1\", other", "condition: {gte: 2}"),
        "as its rules are looked for"
    );
    assert!(alerts("\"1\"", "generate: true\n  condition: {gte: x}"));
    assert!(
        alerts("other", "condition: {gte: 2}"),
        "it would not have counted it"
    );
}

#[test]
fn null_beside_values_is_warned_of() {
    let text = "title: t\nid: a\nlogsource: {}\ndetection: {a: {F: [x, null]}, condition: a}";
    let (set, problems) = load(vec![file(Origin::Local, "t.yml", text)]);
    assert_eq!(set.rules().count(), 1);
    assert!(
        problems[0].reason.contains("null in a list"),
        "{problems:?}"
    );
    assert!(!problems[0].is_error());
}

#[test]
fn a_correlation_needs_its_rules() {
    let base = rule("b-1", "one").replace("id:", "name: base\nid:");
    let other = rule("b-2", "two").replace("id:", "name: base\nid:");
    let counting = "title: c\nid: c\ncorrelation:\n  type: event_count\n  rules: [base]\n  \
        timespan: 1m\n  condition: {gte: 2}\n";
    let here = file(Origin::Local, "here.yml", &format!("{base}---\n{counting}"));
    let there = file(Origin::Local, "there.yml", &other);
    let (set, problems) = load(vec![there.clone(), here]);
    assert!(
        problems.is_empty(),
        "the rule of the same file is meant: {problems:?}"
    );
    assert_eq!(&*set.correlations[0].members[0].rule, "b-1");
    let alone = file(Origin::Local, "c.yml", counting);
    let (_, problems) = load(vec![alone.clone()]);
    assert!(problems[0].reason.contains("no usable rule"));
    let (_, problems) = load(vec![alone, there, file(Origin::Local, "b.yml", &base)]);
    assert!(problems[0].reason.contains("name of several rules"));
    let itself = counting.replace("[base]", "[c]");
    let (set, problems) = load(vec![file(Origin::Local, "c.yml", &itself)]);
    assert!(problems[0].is_error() && set.correlations.is_empty());
}

#[test]
fn hostile_files_are_bounded() {
    let limits = RuleLimits::default();
    let one = |text: String| load(vec![file(Origin::Local, "t.yml", &text)]).1;
    assert!(
        one("x".repeat(limits.file_bytes + 1))[0]
            .reason
            .contains("larger than")
    );
    assert!(
        one("---\na: 1\n".repeat(limits.documents + 1))[0]
            .reason
            .contains("only the first")
    );
    let with = |detection: &str| {
        let text = rule("x", "x").replace("F: x", detection);
        let problems = one(text);
        assert!(problems.iter().any(Problem::is_error), "{detection:.60}");
    };
    with("F|re: '(a{1000}){1000}'");
    with(&format!("F|re: '{}'", "(".repeat(10_000)));
    with(&format!("F|re: '{}'", "a".repeat(100_000)));
    with("F|windash: ' -a -b -c -d -e -f -g'");
    with(&format!("F: '{}'", "a".repeat(100_000)));
    with(&format!("F: '{}'", "?".repeat(1_000)));
    with(&format!("F: {}1{}", "[".repeat(200), "]".repeat(200)));
    let nested = rule("x", "x").replace(
        "condition: a",
        &format!("condition: {}a", "not (".repeat(99)),
    );
    assert!(one(nested)[0].reason.contains("nested deeper"));
    let faults = (0..100)
        .map(|n| format!("F{n}|x: 1"))
        .collect::<Vec<_>>()
        .join("\n    ");
    assert_eq!(one(rule("x", "x").replace("F: x", &faults)).len(), 20);
    let few = RuleLimits {
        rules: 1,
        ..RuleLimits::default()
    };
    let two = format!("{}---\n{}", rule("1", "1"), rule("2", "2"));
    let (set, problems) = RuleSet::load(vec![file(Origin::Local, "t.yml", &two)], vec![], &few);
    assert_eq!((set.rules().count(), problems.len()), (1, 1));
}

#[test]
fn a_rule_that_can_never_fire_is_a_warning_of_check() {
    let mapping = "events:\n  - {kinds: dns, logsources: {category: dns}}\n";
    let mapping = || vec![file(Origin::Shipped, "m.yml", mapping)];
    let limits = RuleLimits::default();
    let files = vec![file(Origin::Local, "t.yml", &rule("x", "x"))];
    let (set, problems) = check(files, mapping(), &limits);
    assert_eq!(set.rules().count(), 1);
    assert_eq!(
        shown(&problems),
        [
            "t.yml: warning: no mapping gives product windows to any event, so the rule never \
          fires; add it to rules/mapping"
        ]
    );
    let text = rule("x", "x").replace("product: windows", "category: DNS");
    let (_, problems) = check(
        vec![file(Origin::Local, "t.yml", &text)],
        mapping(),
        &limits,
    );
    assert!(problems.is_empty(), "{problems:?}");
}

#[test]
fn what_is_wrong_with_a_mapping_is_said() {
    let text = "events:\n  - {kinds: nonsense, logsources: {category: dns}}\n  - {kinds: dns}\n\
        fields:\n  - {names: {a: b}}\nmore: 1\n";
    let mapping = vec![file(Origin::Local, "m.yml", text)];
    let (_, problems) = RuleSet::load(vec![], mapping, &RuleLimits::default());
    let shown = shown(&problems);
    for (line, word) in [
        (2, "no kind"),
        (3, "needs logsources"),
        (5, "needs a logsource"),
    ] {
        let start = format!("m.yml:{line}: ");
        let found = |text: &String| text.starts_with(&start) && text.contains(word);
        assert!(shown.iter().any(found), "{word}: {shown:#?}");
    }
    assert!(
        shown
            .iter()
            .any(|text| text.contains("no key of a mapping"))
    );
}

/// The seeds of the fuzz target, in every role that a file can have.
#[test]
fn the_seeds_are_read_without_harm() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fuzz/seeds/rule_file");
    let mut read = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let seed = || vec![file(Origin::Local, name, &text)];
        let (set, problems) = check(seed(), seed(), &RuleLimits::default());
        drop(Sites::load(seed(), &RuleLimits::default()));
        let good = matches!(
            name,
            "modifiers.yml" | "correlation.yml" | "correlation-types.yml" | "filter.yml"
        );
        let of_rules = |problem: &&Problem| problem.is_error() && good;
        assert_eq!(problems.iter().find(of_rules), None, "{name}");
        assert_eq!(set.rules().count() > 0, good, "{name}");
        read += 1;
    }
    assert!(read >= 7);
}

/// An event meets every rule that it can, and every window is decided.
fn run(engine: &crate::detect::Engine) {
    use crate::correlate::{WindowLimits, Windows};
    let event = std::sync::Arc::new(event::Event {
        id: event::EventId::unnumbered(event::Lane::Second),
        time: event::Time::EPOCH,
        seen: event::Time::EPOCH,
        sensor: "s".into(),
        source: "f".into(),
        site: "x".into(),
        kind: event::Kind::WindowsSysmon,
        exercise: false,
        core: event::Core::default(),
        record: event::Record::new(br#"{"F":"evil","A":["x",null,1.5],"EventID":1}"#.to_vec()),
    });
    let fields = event::Fields::of(&event.record);
    let view = event::View {
        event: &event,
        fields: &fields,
    };
    let (mut detections, mut hits) = (Vec::new(), Vec::new());
    engine.clone().examine(view, &mut detections);
    let mut windows = Windows::new(engine.correlations(), WindowLimits::default());
    windows.observe(&event, 1, event.time, &detections, view, &mut hits);
    windows.advance(event.time, &mut hits);
    windows.finish(&mut hits);
}

proptest::proptest! {
    /// Seeds cut and joined anywhere: never a panic, and what loads can be compiled.
    #[test]
    fn mutilated_rules_do_no_harm(
        cuts in proptest::collection::vec((0..4_000_usize, 0..2_000_usize), 1..4),
        noise in "[ -~\n]{0,12}",
    ) {
        let seeds = [
            include_str!("../../../tests/fuzz/seeds/rule_file/modifiers.yml"),
            include_str!("../../../tests/fuzz/seeds/rule_file/correlation.yml"),
            include_str!("../../../tests/fuzz/seeds/rule_file/correlation-types.yml"),
            include_str!("../../../tests/fuzz/seeds/rule_file/filter.yml"),
        ];
        let mut text = seeds.join("---\n");
        for (at, length) in cuts {
            let at = at % (text.len() + 1);
            let end = (at + length % 40).min(text.len());
            text.replace_range(at..end, &noise);
        }
        let file = || vec![file(Origin::Local, "t.yml", &text)];
        let (set, _) = check(file(), file(), &RuleLimits::default());
        run(&crate::detect::Engine::compile(&set));
    }
}

#[test]
fn every_rule_of_our_own_that_raises_alerts_speaks_vietnamese() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules/sigma");
    let paths = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let rules = paths.filter(|path| path.extension().is_some_and(|ending| ending == "yml"));
    let files = rules.map(|path| {
        file(
            Origin::Shipped,
            &path.display().to_string(),
            &std::fs::read_to_string(&path).unwrap(),
        )
    });
    let files: Vec<RuleFile> = files.collect();
    let count = files.len();
    let (set, problems) = load(files);
    assert!(problems.is_empty(), "{problems:?}");
    // A correlation that another one counts raises nothing either.
    let members = set.correlations.iter().flat_map(|rule| &rule.members);
    let counted: Vec<&str> = members.map(|member| &*member.rule).collect();
    let single = set.detections.iter().filter(|rule| rule.alerts);
    let alerting: Vec<_> = single
        .map(|rule| &rule.info)
        .chain(set.correlations.iter().map(|rule| &rule.info))
        .filter(|info| !counted.contains(&&*info.id))
        .collect();
    assert_eq!(alerting.len(), count, "one alert for each file");
    for info in alerting {
        let words = info
            .vietnamese
            .as_ref()
            .unwrap_or_else(|| panic!("{} has no haidang.vi", info.file));
        assert!(words.description.is_some(), "{}", info.file);
        assert_eq!(
            words.falsepositives.len(),
            info.falsepositives.len(),
            "{}",
            info.file
        );
    }
}
