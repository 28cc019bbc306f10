//! Fuzzes a file of sites and networks.

#![no_main]

use engine::rule::{Origin, RuleFile, RuleLimits, Sites};
use event::Time;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let file = RuleFile { origin: Origin::Local, path: "f.yml".to_owned(), text: text.to_owned() };
    let (sites, _) = Sites::load(vec![file], &RuleLimits::default());
    let now = Time::from_seconds(1_800_000_000, 0);
    drop(sites.networks());
    for site in sites.iter(now) {
        drop(sites.expand(&site.id, now));
    }
    drop(sites.leaves(now));
});
