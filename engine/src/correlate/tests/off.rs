//! Correlations that are off: everywhere, at a site, and while another counts them.

use super::*;
use crate::rule::{Off, OffEntry, OffList, Placeholders, Tuning};

const A: &str = r#""r":"a","g":"x""#;
const INNER: &str = "type: event_count\nrules: [a]\ngroup-by: [g]\ntimespan: 60s\n\
                     condition: {gte: 2}\ngenerate: true";
const OUTER: &str = "type: event_count\nrules: [inner]\ngroup-by: [g]\ntimespan: 5m\n\
                     condition: {gte: 1}\ngenerate: true";

/// Where a rule is off: everywhere, or at a site.
type Said<'a> = (&'a str, Option<&'a str>);

/// The rules of the hits of two events at site x, and the entries that were kept of them.
fn raised(documents: &str, said: &[Said<'_>]) -> (String, usize) {
    let mut off = OffList::default();
    for (rule, site) in said {
        let entry = OffEntry {
            everywhere: site.is_none(),
            sites: site.iter().map(|site| Text::from(*site)).collect(),
            ..OffEntry::default()
        };
        off.set(Text::from(*rule), Off::of(entry));
    }
    let file = RuleFile {
        origin: Origin::Local,
        path: "t.yml".to_owned(),
        text: format!("{RULES}{documents}"),
    };
    let tuning = Tuning {
        off,
        ..Tuning::default()
    };
    let lists = Placeholders::default();
    let limits_of_rules = RuleLimits::default();
    let (set, problems) =
        RuleSet::load_with(vec![file], Vec::new(), &lists, &tuning, &limits_of_rules);
    assert!(problems.is_empty(), "{problems:?}");
    let mut lab = Lab::of(Engine::compile(&set), limits(10_000));
    let mut hits = lab.feed(1, 0, A);
    hits.extend(lab.feed(2, 1, A));
    hits.extend(lab.finish());
    lab.checkpoint();
    let mut rules: Vec<&str> = hits.iter().map(|hit| &*hit.rule.id).collect();
    rules.sort_unstable();
    (rules.join(" "), lab.entries.len())
}

#[test]
fn what_is_off_at_a_site_counts_nothing_there() {
    let inner = document("inner", INNER);
    let (rules, entries) = raised(&inner, &[]);
    assert_eq!((&*rules, entries > 0), ("id-inner", true));
    assert_eq!(raised(&inner, &[("id-inner", Some("y"))]).0, "id-inner");
    for site in [Some("x"), None] {
        assert_eq!(
            raised(&inner, &[("id-inner", site)]),
            (String::new(), 0),
            "{site:?}"
        );
    }
    // What it counts may be off all the same.
    assert_eq!(raised(&inner, &[("id-a", None)]).0, "id-inner");
    assert_eq!(raised(&inner, &[("id-a", Some("x"))]).0, "id-inner");
}

#[test]
fn what_another_counts_goes_on_without_alerts_of_its_own() {
    let both = format!("{}{}", document("inner", INNER), document("outer", OUTER));
    assert_eq!(raised(&both, &[]).0, "id-inner id-outer");
    for site in [Some("x"), None] {
        assert_eq!(
            raised(&both, &[("id-inner", site)]).0,
            "id-outer",
            "{site:?}"
        );
        assert_eq!(
            raised(&both, &[("id-outer", site)]).0,
            "id-inner",
            "{site:?}"
        );
        let all = [("id-inner", site), ("id-outer", site)];
        assert_eq!(raised(&both, &all).0, "", "{site:?}");
    }
    let nobody = [("id-inner", None), ("id-outer", None)];
    assert_eq!(raised(&both, &nobody).1, 0, "nothing is kept for nobody");
}
