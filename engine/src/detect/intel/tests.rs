//! The tables against their slow twin: a scan over all entries, field by field.

use std::collections::BTreeSet;
use std::net::IpAddr;

use event::{Core, CoreField, Event, EventId, Fields, Kind, Lane, Record};
use ipnet::IpNet;
use proptest::prelude::*;

use super::*;
use crate::rule::IntelLimits;

const NOW: i64 = 1_800_000_000;

fn entry(text: &str) -> IntelEntry {
    IntelEntry::read(text, None, &IntelLimits::default()).unwrap()
}

fn now() -> Time {
    Time::from_seconds(NOW, 0)
}

fn event(core: Core, record: &str) -> Event {
    Event {
        id: EventId::unnumbered(Lane::Second),
        time: now(),
        seen: now(),
        sensor: "s".into(),
        source: "f".into(),
        site: "x".into(),
        kind: Kind::Dns,
        exercise: false,
        core,
        record: Record::new(record.as_bytes().to_vec()),
    }
}

type Found = BTreeSet<(u16, EntryKind2, String)>;
type EntryKind2 = &'static str;

fn examined(intel: &Intel, event: &Event) -> Found {
    let fields = Fields::of(&event.record);
    let mut matches = Vec::new();
    let view = View {
        event,
        fields: &fields,
    };
    intel.examine(view, now(), &mut matches);
    let found = matches.into_iter();
    found
        .map(|one| (one.list, one.kind.name(), one.entry))
        .collect()
}

/// A name as one sees it: lower case, without the dot at its end.
fn under(name: &str, domain: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let name = name.strip_suffix('.').unwrap_or(&name);
    name == domain || name.ends_with(&format!(".{domain}"))
}

/// The slow twin: every entry against every value. Hosts and addresses only.
fn scanned(entries: &[(u16, IntelEntry)], hosts: &[String]) -> Found {
    let mut found = Found::new();
    for (list, entry) in entries {
        let ends = entry.valid_until.is_none_or(|until| now() < until);
        let begins = entry.valid_from.is_none_or(|from| from <= now());
        for host in hosts {
            let ip = host.parse::<IpAddr>().ok();
            let matches = match entry.kind {
                EntryKind::Address => ip == entry.value.parse().ok() && ip.is_some(),
                EntryKind::Network => {
                    let net: IpNet = entry.value.parse().unwrap();
                    ip.is_some_and(|ip| net.contains(&ip))
                }
                EntryKind::Domain => ip.is_none() && under(host, &entry.value),
                _ => false,
            };
            if matches && ends && begins {
                found.insert((*list, entry.kind.name(), entry.value.clone()));
            }
        }
    }
    found
}

fn lists() -> Vec<(u16, ListSettings)> {
    (0..3)
        .map(|number| (number, ListSettings::new(&format!("l{number}"))))
        .collect()
}

/// Few labels and few addresses, so that they meet.
fn name() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(vec!["a", "b", "evil", "xn--c"]), 1..5)
        .prop_map(|labels| format!("{}.example", labels.join(".")))
}

fn address() -> impl Strategy<Value = String> {
    prop_oneof![
        (0..4_u8, 0..4_u8).prop_map(|(c, d)| format!("198.51.{c}.{d}")),
        (0..4_u8).prop_map(|d| format!("2001:db8::{d}")),
    ]
}

fn written() -> impl Strategy<Value = String> {
    prop_oneof![
        name(),
        address(),
        (address(), 20..=32_u8).prop_map(|(ip, length)| {
            if ip.contains(':') {
                format!("{ip}/{}", length + 96)
            } else {
                format!("{ip}/{length}")
            }
        }),
    ]
}

fn held() -> impl Strategy<Value = (u16, IntelEntry)> {
    (0..3_u16, written(), -2..3_i64, -2..3_i64).prop_map(|(list, text, from, until)| {
        let at = |offset: i64| Time::from_seconds(NOW + offset, 0);
        let entry = IntelEntry {
            valid_from: (from != 2).then(|| at(from)),
            valid_until: (until != 2).then(|| at(until)),
            ..entry(&text)
        };
        (list, entry)
    })
}

/// Of entries that a list names twice the last one counts here.
fn distinct(entries: Vec<(u16, IntelEntry)>) -> Vec<(u16, IntelEntry)> {
    let mut kept: Vec<(u16, IntelEntry)> = Vec::new();
    for (list, entry) in entries {
        kept.retain(|(own, held)| {
            (*own, &held.kind, &held.value) != (list, &entry.kind, &entry.value)
        });
        kept.push((list, entry));
    }
    kept
}

fn host_event(hosts: &[String]) -> Event {
    let mut core = Core::default();
    let mut answers = Vec::new();
    for (place, host) in hosts.iter().enumerate() {
        match host.parse::<IpAddr>() {
            Ok(ip) if place == 0 => core.set(CoreField::SourceIp, ip),
            Ok(ip) if place == 1 => core.set(CoreField::DestinationIp, ip),
            Err(_) if place == 0 => core.set(CoreField::DnsQuestionName, host.to_uppercase()),
            _ => answers.push(format!("{{\"rdata\":\"{host}\"}}")),
        }
    }
    let record = format!("{{\"dns\":{{\"answers\":[{}]}}}}", answers.join(","));
    event(core, &record)
}

proptest! {
    #[test]
    fn tables_find_what_a_scan_finds(
        base in prop::collection::vec(held(), 0..40),
        added in prop::collection::vec(held(), 0..10),
        gone in prop::collection::vec(0..50_usize, 0..10),
        hosts in prop::collection::vec(prop_oneof![name(), address()], 1..5),
    ) {
        let mut all = distinct(base);
        let mut intel = Intel::build(lists(), all.clone());
        for (list, entry) in added {
            intel = intel.with(list, std::slice::from_ref(&entry), now());
            all.push((list, entry));
        }
        let mut all = distinct(all);
        for place in gone {
            if place < all.len() {
                let (list, entry) = all.remove(place);
                let (next, taken) = intel.without(list, std::slice::from_ref(&entry));
                prop_assert_eq!(taken, 1);
                intel = next;
            }
        }
        prop_assert_eq!(intel.len(), all.len() as u64);
        let found = examined(&intel, &host_event(&hosts));
        let wanted = scanned(&all, &hosts);
        prop_assume!(wanted.len() < 20);
        prop_assert_eq!(found, wanted);
        // Page by page every entry is shown once.
        for list in 0..3_u16 {
            let (mut shown, mut after) = (BTreeSet::new(), None);
            loop {
                let page = intel.entries(list, "", after, 3);
                for row in &page.rows {
                    prop_assert!(shown.insert((row.kind.name(), row.value.clone())), "{row:?}");
                }
                after = page.next;
                if after.is_none() { break; }
            }
            let own: BTreeSet<_> = all.iter().filter(|(own, _)| *own == list)
                .map(|(_, e)| (e.kind.name(), e.value.clone())).collect();
            prop_assert_eq!(&shown, &own);
            let count: u64 = EntryKind::ALL.iter().map(|kind| intel.count(list, *kind)).sum();
            prop_assert_eq!(count, own.len() as u64);
        }
    }
}

fn matched(entries: &[&str], core: Core, record: &str) -> Vec<(String, String)> {
    let entries = entries.iter().map(|text| (0, entry(text)));
    let intel = Intel::build(lists(), entries);
    let event = event(core, record);
    let fields = Fields::of(&event.record);
    let mut matches = Vec::new();
    let view = View {
        event: &event,
        fields: &fields,
    };
    intel.examine(view, now(), &mut matches);
    matches
        .into_iter()
        .map(|one| (one.field, one.entry))
        .collect()
}

#[test]
fn every_kind_is_found_where_it_stands() {
    let md5 = "44d88612fea8a8f36de82e1278abb02f";
    let sha256 = "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f";
    let ja4 = "t13d1516h2_8daaf6152771_b186095e22b6";
    let found = |entry: &str, record: &str| matched(&[entry], Core::default(), record).len();
    let sums = format!(r#"{{"Hashes":"SHA1=00,MD5={md5},SHA256=ff,IMPHASH=aa"}}"#);
    assert_eq!(found(md5, &sums), 1);
    let import = format!(r#"{{"Hashes":"IMPHASH={md5}"}}"#);
    assert_eq!(found(md5, &import), 0, "an import hash is no file's hash");
    assert_eq!(
        found(
            sha256,
            &format!(r#"{{"fileinfo":{{"sha256":"{}"}}}}"#, sha256.to_uppercase())
        ),
        1
    );
    assert_eq!(found(ja4, &format!(r#"{{"tls":{{"ja4":"{ja4}"}}}}"#)), 1);
    assert_eq!(
        found("198.51.100.9", r#"{"DestinationIp":"198.51.100.9"}"#),
        1
    );
    assert_eq!(
        found(
            "198.51.100.0/24",
            r#"{"dns":{"answers":[{"rdata":"198.51.100.9"}]}}"#
        ),
        1
    );
    assert_eq!(found("2001:db8::/32", r#"{"dest_ip":"2001:db8::9"}"#), 1);
    assert_eq!(
        found("198.51.100.9", r#"{"dest_ip":"::ffff:198.51.100.9"}"#),
        1
    );
    assert_eq!(
        found("evil.example", r#"{"QueryName":"www.Evil.example."}"#),
        1
    );
    assert_eq!(
        found(
            "evil.example",
            r#"{"http":{"hostname":"evil.example:8080"}}"#
        ),
        1
    );
    assert_eq!(
        found("evil.example", r#"{"QueryName":"notevil.example"}"#),
        0
    );
    assert_eq!(
        found(
            "a@evil.example",
            r#"{"email":{"from":"Boss <A@Evil.example>"}}"#
        ),
        1
    );
    assert_eq!(
        found(
            "evil.example",
            r#"{"email":{"to":["x@y.example","a@mail.evil.example"]}}"#
        ),
        1
    );
    let mut core = Core::default();
    core.set(CoreField::UrlFull, "HTTP://Evil.example:80/a?b#c");
    assert_eq!(matched(&["http://evil.example/a?b"], core, "{}").len(), 1);
}

#[test]
fn a_ja3_is_no_md5_of_a_file() {
    let md5 = "44d88612fea8a8f36de82e1278abb02f";
    let ja3 = IntelEntry::read(md5, Some(EntryKind::Ja3), &IntelLimits::default()).unwrap();
    let intel = Intel::build(lists(), [(0, ja3)]);
    let record = format!(r#"{{"tls":{{"ja3":{{"hash":"{md5}"}}}},"fileinfo":{{"md5":"{md5}"}}}}"#);
    let event = event(Core::default(), &record);
    assert_eq!(examined(&intel, &event).len(), 1, "a JA3 is no file's MD5");
}

#[test]
fn a_second_question_of_a_message_is_looked_at_too() {
    let mut core = Core::default();
    core.set(CoreField::DnsQuestionName, "good.example");
    let record = r#"{"dns":{"queries":[{"rrname":"good.example"},{"rrname":"evil.example"}]}}"#;
    assert_eq!(matched(&["evil.example"], core, record).len(), 1);
}

#[test]
fn a_list_is_one_detection_and_a_value_is_told_once() {
    let mut core = Core::default();
    core.set(CoreField::DnsQuestionName, "evil.example");
    let record =
        r#"{"dns":{"queries":[{"rrname":"evil.example"}],"answers":[{"rdata":"198.51.100.9"}]}}"#;
    let entries = ["evil.example", "198.51.100.9"].map(|text| (0, entry(text)));
    let other = (1, entry("evil.example"));
    let intel = Intel::build(lists(), entries.into_iter().chain([other]));
    let event = event(core, record);
    let fields = Fields::of(&event.record);
    let view = View {
        event: &event,
        fields: &fields,
    };
    let (mut matches, mut detections) = (Vec::new(), Vec::new());
    intel.detect(view, now(), &mut matches, &mut detections);
    assert_eq!(matches.len(), 3, "{matches:?}");
    let rules: Vec<_> = detections
        .iter()
        .map(|one| one.rule.id.to_string())
        .collect();
    assert_eq!(rules, ["intel-l0", "intel-l1"]);
    let fields: Vec<_> = detections[0]
        .matched
        .iter()
        .map(|(field, _)| field.as_str())
        .collect();
    assert_eq!(
        fields,
        [
            "dns.question.name",
            "dns.answers.rdata",
            "intel.entry",
            "intel.source",
            "intel.confidence"
        ]
    );
    let off = ListSettings {
        enabled: false,
        ..ListSettings::new("l0")
    };
    let off = intel.with_settings(0, off);
    assert_eq!(
        examined(&off, &event).len(),
        1,
        "a list that is off finds nothing"
    );
}

#[test]
fn days_of_a_list_end_entries_that_say_no_end() {
    let own = ListSettings {
        days: 10,
        ..ListSettings::new("l0")
    };
    let day = 86_400;
    let mut core = Core::default();
    core.set(CoreField::DnsQuestionName, "evil.example");
    let event = event(core, "{}");
    for (read, found) in [(NOW - 9 * day, 1), (NOW - 10 * day, 0)] {
        let mut builder = IntelBuilder::new([(0, own.clone())]);
        assert!(builder.add(0, &entry("evil.example"), Time::from_seconds(read, 0)));
        assert_eq!(examined(&builder.finish(), &event).len(), found, "{read}");
    }
}

#[test]
fn memory_stays_within_sixty_bytes_an_entry() {
    let entries = (0..20_000_u32).map(|number| {
        let text = match number % 5 {
            0 | 1 => std::net::Ipv4Addr::from(0x2d00_0000 + number * 7).to_string(),
            2 => format!("host{number}.evil-domain.example"),
            3 => format!("{number:064x}"),
            _ => format!("http://host{number}.evil.example/some/long/path/{number}/a.exe"),
        };
        (0, entry(&text))
    });
    let intel = Intel::build(lists(), entries);
    assert_eq!(intel.len(), 20_000);
    // Beside what stands once: the heads of two families and the last piece of the arena.
    let once = 2 * ((1 << 16) + 1) * 4 + (1 << 20);
    let each = intel.bytes().saturating_sub(once) / 20_000;
    assert!(each <= 60, "{each} bytes an entry");
}
