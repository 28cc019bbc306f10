//! Fuzzes a mapping file: a rule is loaded through it.

#![no_main]

use engine::detect::Engine;
use engine::rule::{Origin, RuleFile, RuleLimits, check};
use libfuzzer_sys::fuzz_target;

const RULE: &str = "title: T
id: 3d0c2f4e-98a7-4c59-9f0a-6a3a2f1f7a10
logsource: {product: windows, category: process_creation}
detection: {selection: {Image|endswith: x.exe, User: root}, condition: selection}
";

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let file = |text: &str| RuleFile { origin: Origin::Local, path: "f.yml".to_owned(), text: text.to_owned() };
    let (set, _) = check(vec![file(RULE)], vec![file(text)], &RuleLimits::default());
    drop(Engine::compile(&set));
});
