//! Fuzzes the condition of a rule: any text is a condition over four selections, or is refused.

#![no_main]

use engine::detect::Engine;
use engine::rule::{Origin, RuleFile, RuleLimits, RuleSet};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    // A JSON text is a YAML text.
    let Ok(condition) = serde_json::to_string(text) else { return };
    let text = format!(
        "title: t\nid: t\nlogsource: {{product: windows}}\ndetection:\n  a: {{A: 1}}\n  \
         sel_b: {{B|contains: b}}\n  sel_c: [c]\n  _d: {{D|re: d}}\n  condition: {condition}\n"
    );
    let file = RuleFile { origin: Origin::Local, path: "f.yml".to_owned(), text };
    let (set, problems) = RuleSet::load(vec![file], Vec::new(), &RuleLimits::default());
    assert_eq!(set.rules().count() == 0, problems.iter().any(|problem| problem.is_error()));
    drop(Engine::compile(&set));
});
