//! Assets from outside: one reader's sites are another's nothing; what a person said stands.

use std::time::Duration;

use event::Time;

use super::*;
use crate::reader::Role;
use crate::rule::{Origin, RuleFile, RuleLimits};
use crate::store::Checkpoint;

const SITES: &str = "
networks: [{cidr: 10.0.0.0/8}]
sites:
  - {id: so, name: Sở, networks: [10.60.20.0/24]}
  - {id: xa, name: Xã, networks: [10.60.31.0/24]}
";

struct Desk {
    _dir: tempfile::TempDir,
    store: Store,
    sites: Sites,
    limits: AssetLimits,
}

impl Desk {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("store.db"), |_| {}).unwrap();
        let file = RuleFile {
            origin: Origin::Local,
            path: "s.yml".into(),
            text: SITES.into(),
        };
        let (sites, problems) = Sites::load(vec![file], &RuleLimits::default());
        assert!(problems.is_empty(), "{problems:?}");
        Self {
            _dir: dir,
            store,
            sites,
            limits: AssetLimits::default(),
        }
    }

    fn by<'a>(&self, reader: &'a Reader) -> AssetWriter<'a> {
        AssetWriter {
            reader,
            exercise: false,
            limits: self.limits,
            now: now(),
        }
    }

    fn add(&self, reader: &Reader, site: &str, address: &str) -> AssetChanged {
        let added = self.store.add_asset(self.by(reader), fields(site, address));
        added.unwrap()
    }

    fn list(&self, reader: &Reader, filter: &AssetFilter) -> Vec<String> {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = self
                .store
                .assets(reader, &self.sites, filter, after.as_ref(), 2);
            let page = page.unwrap();
            let rows = page.rows.iter();
            found.extend(rows.map(|own| format!("{} {}", own.fields.site, own.fields.address)));
            let Some(next) = page.next else { return found };
            after = Some(AssetCursor::parse(&next.to_string()).unwrap());
        }
    }

    fn see(&self, hosts: Vec<SeenHost>) {
        let checkpoint = Checkpoint {
            hosts,
            assets: self.limits,
            now: now(),
            ..Checkpoint::default()
        };
        self.store.checkpoint(&checkpoint).unwrap();
    }

    /// The one asset of an address.
    fn at(&self, address: &str) -> Option<Asset> {
        let filter = AssetFilter {
            text: Some(address.to_owned()),
            ..AssetFilter::default()
        };
        let everything = Reader::local();
        let page = self
            .store
            .assets(&everything, &self.sites, &filter, None, 100);
        let address = AssetAddress::parse(address).unwrap();
        let mut rows = page.unwrap().rows.into_iter();
        rows.rfind(|own| own.fields.address == address)
    }
}

fn now() -> Time {
    Time::parse("2026-06-01T00:00:00Z").unwrap()
}

fn of_site(site: &str) -> Reader {
    Reader {
        user: "an".into(),
        role: Role::Analyst,
        scope: Scope::Sites(vec![site.into()]),
    }
}

fn fields(site: &str, address: &str) -> AssetFields {
    AssetFields::at(site, AssetAddress::parse(address).unwrap())
}

fn seen(address: &str, minutes: u64) -> SeenHost {
    let time = now().plus(Duration::from_secs(60 * minutes));
    SeenHost {
        site: "xa".into(),
        address: AssetAddress::parse(address).unwrap(),
        exercise: false,
        by: SeenBy::Traffic,
        name: None,
        mac: None,
        first: time,
        last: time,
    }
}

#[test]
fn lists_are_pages_in_order_with_the_networks_of_files() {
    let (desk, all) = (Desk::new(), Reader::local());
    for address in ["10.60.31.10", "10.60.31.9", "10.60.31.128/25"] {
        assert!(matches!(
            desk.add(&all, "xa", address),
            AssetChanged::Done(_)
        ));
    }
    assert_eq!(desk.add(&all, "xa", "10.60.31.9"), AssetChanged::Taken);
    desk.add(&all, "so", "10.60.20.5");
    let everything = desk.list(&all, &AssetFilter::default());
    assert_eq!(
        everything,
        [
            " 10.0.0.0/8",
            "so 10.60.20.0/24",
            "so 10.60.20.5",
            "xa 10.60.31.0/24",
            "xa 10.60.31.9",
            "xa 10.60.31.10",
            "xa 10.60.31.128/25"
        ]
    );
    let hosts = AssetFilter {
        kinds: vec![AssetKind::Host],
        text: Some("10.60.31".to_owned()),
        ..AssetFilter::default()
    };
    assert_eq!(desk.list(&all, &hosts), ["xa 10.60.31.9", "xa 10.60.31.10"]);
    let own = desk.list(&of_site("so"), &AssetFilter::default());
    assert_eq!(own, ["so 10.60.20.0/24", "so 10.60.20.5"]);
}

#[test]
fn another_sites_reader_changes_nothing() {
    let (desk, all, other) = (Desk::new(), Reader::local(), of_site("so"));
    let AssetChanged::Done(made) = desk.add(&all, "xa", "10.60.31.9") else {
        panic!("not added");
    };
    let (store, id, by) = (&desk.store, made.id(), desk.by(&other));
    assert_eq!(store.asset(&other, &desk.sites, &id).unwrap(), None);
    assert_eq!(desk.add(&other, "xa", "10.60.31.8"), AssetChanged::Missing);
    assert_eq!(store.remove_asset(by, &id).unwrap(), None);
    let states =
        store.set_asset_states(by, std::slice::from_ref(&id), AssetState::Dismissed, |_| {
            true
        });
    assert!(states.unwrap().is_empty());
    let changed = store.change_asset(by, &id, |_| {
        Err::<(AssetFields, AssetState), &str>("the row was shown")
    });
    assert_eq!(changed.unwrap(), Ok(AssetChanged::Missing));
    let line = AssetLine {
        line: 2,
        draft: AssetDraft {
            site: Some("xa".to_owned()),
            address: Some("10.60.31.9".to_owned()),
            name: Some("của tôi".to_owned()),
            ..AssetDraft::default()
        },
    };
    let import = store
        .import_assets(by, vec![line], false, |_| Ok(()))
        .unwrap();
    assert_eq!((import.changed, import.problems.len()), (0, 1));
    assert_eq!(desk.at("10.60.31.9").unwrap().fields.name, "");
    // Nor does anybody move what he sees to where he does not.
    desk.add(&all, "so", "10.60.20.9");
    let own = desk.at("10.60.20.9").unwrap().id();
    let moved = store.change_asset(by, &own, |_| {
        Ok::<_, ()>((fields("xa", "10.60.31.7"), AssetState::Confirmed))
    });
    assert_eq!(moved.unwrap(), Ok(AssetChanged::Missing));
    assert_eq!(desk.at("10.60.31.7"), None);
}

#[test]
fn a_seen_host_is_proposed_once_and_what_is_dismissed_stays_away() {
    let (desk, all) = (Desk::new(), Reader::local());
    desk.see(vec![seen("10.60.31.9", 0)]);
    let proposed = desk.at("10.60.31.9").unwrap();
    assert_eq!(
        (proposed.state, proposed.origin),
        (AssetState::Proposed, AssetOrigin::Seen)
    );
    let named = SeenHost {
        by: SeenBy::Dhcp,
        name: Some("may-1".to_owned()),
        ..seen("10.60.31.9", 20)
    };
    desk.see(vec![named.clone()]);
    let again = desk.at("10.60.31.9").unwrap();
    assert_eq!((again.id(), &*again.fields.name), (proposed.id(), "may-1"));
    assert_eq!(
        (again.first_seen, again.last_seen),
        (Some(now()), Some(named.last))
    );
    let by = desk.by(&all);
    let ids = [again.id()];
    let dismissed = desk
        .store
        .set_asset_states(by, &ids, AssetState::Dismissed, |_| true);
    assert_eq!(dismissed.unwrap().len(), 1);
    desk.see(vec![SeenHost {
        name: Some("khác".to_owned()),
        ..seen("10.60.31.9", 40)
    }]);
    let after = desk.at("10.60.31.9").unwrap();
    assert_eq!(
        (after.state, &*after.fields.name),
        (AssetState::Dismissed, "may-1")
    );
    assert!(
        after.last_seen > again.last_seen,
        "it is still known when it spoke"
    );
    // An exercise has a list of its own.
    desk.see(vec![SeenHost {
        exercise: true,
        ..seen("10.60.31.9", 50)
    }]);
    assert_eq!(desk.at("10.60.31.9").unwrap().state, AssetState::Proposed);
    assert_eq!(desk.store.verify_audit().unwrap(), (3, None));
}

#[test]
fn proposals_leave_room_for_people_and_for_other_sites() {
    let mut desk = Desk::new();
    (desk.limits.proposed, desk.limits.rows) = (3, 8);
    let scan = (1..=9).map(|n| seen(&format!("10.60.31.{n}"), 0));
    let other = SeenHost {
        site: "so".into(),
        ..seen("10.60.20.1", 0)
    };
    let more = SeenHost {
        site: "so".into(),
        ..seen("10.60.20.2", 0)
    };
    desk.see(scan.chain([other, more]).collect());
    let filter = AssetFilter {
        kinds: vec![AssetKind::Host],
        ..AssetFilter::default()
    };
    let listed = desk.list(&Reader::local(), &filter);
    assert_eq!(listed.len(), 4, "three of a site, half of all: {listed:?}");
    assert_eq!(listed[0], "so 10.60.20.1");
    for n in 1..=4 {
        let added = desk.add(&Reader::local(), "xa", &format!("10.60.31.10{n}"));
        assert!(matches!(added, AssetChanged::Done(_)));
    }
    assert_eq!(
        desk.add(&Reader::local(), "xa", "10.60.31.99"),
        AssetChanged::Full
    );
}

#[test]
fn confirmed_networks_count_while_they_are_valid() {
    let (desk, all) = (Desk::new(), Reader::local());
    let site = |address: &str| {
        let networks = desk.store.networks(&desk.sites, false, now()).unwrap();
        networks
            .site(address.parse().unwrap())
            .map(ToString::to_string)
    };
    assert_eq!(site("172.16.5.5"), None);
    desk.add(&all, "xa", "172.16.5.0/24");
    desk.add(&all, "xa", "172.16.6.6");
    assert_eq!(site("172.16.5.5").as_deref(), Some("xa"));
    assert_eq!(site("172.16.6.6"), None, "a host is no network");
    let id = desk.at("172.16.5.0/24").unwrap().id();
    for (from, to, counts) in [
        (Some("2026-06-01"), Some("2026-06-01"), true),
        (Some("2026-06-02"), None, false),
        (None, Some("2026-05-31"), false),
    ] {
        let changed = desk.store.change_asset(desk.by(&all), &id, |asset| {
            let fields = AssetFields {
                valid_from: from.map(str::to_owned),
                valid_to: to.map(str::to_owned),
                ..asset.fields.clone()
            };
            Ok::<_, ()>((fields, asset.state))
        });
        assert!(matches!(changed, Ok(Ok(AssetChanged::Done(_)))));
        assert_eq!(site("172.16.5.5").is_some(), counts, "{from:?} {to:?}");
    }
    // Of equal networks the file's counts, and an exercise's never.
    desk.add(&all, "so", "10.60.31.0/24");
    assert_eq!(site("10.60.31.1").as_deref(), Some("xa"));
    let by = AssetWriter {
        exercise: true,
        ..desk.by(&all)
    };
    desk.store
        .add_asset(by, fields("so", "172.16.7.0/24"))
        .unwrap();
    assert_eq!(site("172.16.7.7"), None);
}

#[test]
fn an_import_confirms_and_a_trial_writes_nothing() {
    let (desk, all) = (Desk::new(), Reader::local());
    desk.see(vec![seen("10.60.31.9", 0)]);
    let draft = |address: &str, name: &str| AssetDraft {
        site: Some("xa".to_owned()),
        address: Some(address.to_owned()),
        name: Some(name.to_owned()),
        ..AssetDraft::default()
    };
    let lines = || {
        let drafts = [
            draft("10.60.31.9", "Máy chủ"),
            draft("10.60.31.10", "Máy in"),
            draft("10.60.31.9/32", "lần hai"),
            draft("10.60.31.300", ""),
            draft("10.60.99.1", "xấu"),
        ];
        let numbered = (2..).zip(drafts);
        numbered
            .map(|(line, draft)| AssetLine { line, draft })
            .collect::<Vec<_>>()
    };
    let check = |fields: &AssetFields| match fields.name.as_str() {
        "xấu" => Err("bad".to_owned()),
        _ => Ok(()),
    };
    let import = |trial| {
        let done = desk
            .store
            .import_assets(desk.by(&all), lines(), trial, check);
        let done = done.unwrap();
        let lines: Vec<u64> = done.problems.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [4, 5, 6], "{:?}", done.problems);
        (done.added, done.changed, done.same)
    };
    assert_eq!(import(true), (1, 1, 0));
    assert_eq!(desk.at("10.60.31.9").unwrap().state, AssetState::Proposed);
    assert_eq!(import(false), (1, 1, 0));
    let confirmed = desk.at("10.60.31.9").unwrap();
    assert_eq!(
        (confirmed.state, &*confirmed.fields.name, confirmed.seen_by),
        (AssetState::Confirmed, "Máy chủ", Some(SeenBy::Traffic))
    );
    assert_eq!(import(false), (0, 0, 2));
}
