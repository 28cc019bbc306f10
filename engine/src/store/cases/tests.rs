//! Cases from outside: what is seen is cut to sites, nobody's edit is lost, and evidence keeps its custody.

use super::super::tests::{fold, hit, store};
use super::super::{AlertFilter, IncidentFilter, Order, Store};
use super::*;
use crate::index::Journaled;
use crate::reader::{Role, Scope};

fn reader(name: &str, sites: &[&str]) -> Reader {
    Reader {
        user: name.into(),
        role: Role::Analyst,
        scope: Scope::Sites(sites.iter().map(|site| (*site).into()).collect()),
    }
}

fn by(reader: &Reader, second: i64) -> CaseWriter<'_> {
    CaseWriter {
        reader,
        limits: CaseLimits::default(),
        now: Time::from_seconds(1_796_000_000 + second, 0),
        key: None,
    }
}

fn done<T: std::fmt::Debug>(changed: CaseChanged<T>) -> T {
    match changed {
        CaseChanged::Done(done) => done,
        other => panic!("{other:?}"),
    }
}

fn alert_at(store: &Store, site: &str) -> String {
    let filter = AlertFilter {
        sites: vec![site.to_owned()],
        ..AlertFilter::default()
    };
    let page = store.alerts(&Reader::local(), &filter, Order::Newest, None, 1);
    page.unwrap().rows[0].id.clone()
}

fn draft(title: &str, alerts: &[String]) -> CaseDraft {
    CaseDraft {
        title: title.to_owned(),
        alerts: alerts.to_vec(),
        ..CaseDraft::default()
    }
}

/// A store with an alert at each of two sites, and a case with both.
fn both() -> (tempfile::TempDir, Store, Case) {
    let (dir, store) = store();
    fold(
        &store,
        vec![hit(1, 0, "203.0.113.7", "x"), hit(2, 0, "203.0.113.7", "y")],
    );
    let alerts = [alert_at(&store, "x"), alert_at(&store, "y")];
    let all = Reader::local();
    let case = store.open_case(by(&all, 0), &draft("Dò mật khẩu", &alerts));
    let case = done(case.unwrap());
    (dir, store, case)
}

#[test]
fn a_case_counts_its_year_and_takes_level_and_sites_of_its_alerts() {
    let (_dir, store, case) = both();
    assert_eq!(case.id, "V-2026-0001");
    assert_eq!((case.level, case.state), (Level::High, CaseState::New));
    assert_eq!(case.sites, ["x", "y"]);
    assert_eq!(case.counts.alerts, 2);
    let all = Reader::local();
    let next = done(store.open_case(by(&all, 1), &draft("Khác", &[])).unwrap());
    assert_eq!(next.id, "V-2026-0002");
    assert_eq!(
        next.sites,
        [""],
        "who sees all may open one of the province"
    );
    // The last hour of the year in UTC is the new year in Vietnam.
    let late = CaseWriter {
        now: Time::parse("2026-12-31T18:00:00Z").unwrap(),
        ..by(&all, 0)
    };
    let next = done(store.open_case(late, &draft("Năm mới", &[])).unwrap());
    assert_eq!(next.id, "V-2027-0001");
}

#[test]
fn a_reader_of_one_site_sees_the_case_and_only_his_part_of_it() {
    let (_dir, store, case) = both();
    let (own, other) = (reader("an", &["x"]), reader("la", &["z"]));
    let detail = store.case(&own, &case.id).unwrap().unwrap();
    assert_eq!(detail.row.sites, ["x"]);
    assert_eq!(detail.alerts.len(), 1);
    assert_eq!(
        (detail.row.counts.outside, detail.row.counts.outside_sites),
        (1, 1)
    );
    let timeline = store.timeline(&own, &case.id, None, 50).unwrap().unwrap();
    let text = format!("{timeline:?}");
    assert!(!text.contains(&alert_at(&store, "y")), "{text}");
    assert!(!text.contains("\"y\""), "{text}");
    for filter in [
        CaseFilter {
            site: Some("y".to_owned()),
            ..CaseFilter::default()
        },
        CaseFilter {
            alert: Some(alert_at(&store, "y")),
            ..CaseFilter::default()
        },
    ] {
        let page = store.cases(&own, &filter, None, 10).unwrap();
        assert!(page.rows.is_empty() && page.counts.new == 0, "{filter:?}");
    }
    // Another's site's alert is none, also to link or to take out.
    let foreign = alert_at(&store, "y");
    let refused = store.link_alerts(by(&own, 1), &case.id, std::slice::from_ref(&foreign));
    assert_eq!(refused.unwrap(), CaseChanged::Refused(CaseRefusal::NoAlert));
    let refused = store.unlink_alert(by(&own, 1), &case.id, &foreign);
    assert_eq!(refused.unwrap(), CaseChanged::Missing);
    // Who sees no site of it sees nothing.
    assert!(store.case(&other, &case.id).unwrap().is_none());
    assert!(
        store
            .timeline(&other, &case.id, None, 50)
            .unwrap()
            .is_none()
    );
    let all = store
        .cases(&other, &CaseFilter::default(), None, 10)
        .unwrap();
    assert!(all.rows.is_empty());
    assert_eq!(all.counts, CaseStateCounts::default());
    let refused = store.add_note(by(&other, 1), &case.id, "x").unwrap();
    assert_eq!(refused, CaseChanged::Missing);
    // A case is opened at sites that one sees.
    let refused = store
        .open_case(by(&other, 1), &draft("Trống", &[]))
        .unwrap();
    assert_eq!(refused, CaseChanged::Refused(CaseRefusal::NoSite));
}

#[test]
fn two_people_never_overwrite_each_other() {
    let (_dir, store, case) = both();
    let (an, binh) = (reader("an", &["x", "y"]), reader("binh", &["x"]));
    let change = |title: &str, version| CaseChange {
        version,
        title: Some(title.to_owned()),
        ..CaseChange::default()
    };
    // Notes and tasks are no change of the head.
    let note = done(store.add_note(by(&an, 1), &case.id, "một").unwrap());
    done(
        store
            .add_task(by(&binh, 1), &case.id, &TaskDraft::default())
            .unwrap(),
    );
    let first = store.change_case(by(&an, 2), &case.id, &change("A", case.version));
    assert_eq!(done(first.unwrap()).title, "A");
    let second = store.change_case(by(&binh, 3), &case.id, &change("B", case.version));
    assert_eq!(second.unwrap(), CaseChanged::Conflict);
    assert_eq!(store.case(&an, &case.id).unwrap().unwrap().row.title, "A");
    let two = store.change_note(by(&binh, 4), &case.id, note.id, 1, "hai");
    assert_eq!(done(two.unwrap()).version, 2);
    let lost = store
        .change_note(by(&an, 5), &case.id, note.id, 1, "ba")
        .unwrap();
    assert_eq!(lost, CaseChanged::Conflict);
    let versions = store
        .note_versions(&an, &case.id, note.id)
        .unwrap()
        .unwrap();
    let texts: Vec<&str> = versions.iter().map(|each| each.text.as_str()).collect();
    assert_eq!(texts, ["một", "hai"]);
    let detail = store.case(&an, &case.id).unwrap().unwrap();
    assert_eq!(
        (
            detail.notes[0].author.as_str(),
            detail.notes[0].who.as_str()
        ),
        ("an", "binh")
    );
}

#[test]
fn a_request_that_comes_twice_is_done_once() {
    let (_dir, store, case) = both();
    let an = reader("an", &["x"]);
    let asked = CaseWriter {
        key: Some("once"),
        ..by(&an, 1)
    };
    let one = done(store.add_note(asked, &case.id, "một").unwrap());
    let two = done(store.add_note(asked, &case.id, "một").unwrap());
    assert_eq!(one, two);
    let reused = store.add_note(asked, &case.id, "hai").unwrap();
    assert_eq!(reused, CaseChanged::KeyReused);
    let other = CaseWriter {
        key: Some("case"),
        ..by(&an, 2)
    };
    let mine = CaseDraft {
        sites: vec!["x".to_owned()],
        ..draft("Mới", &[])
    };
    let one = done(store.open_case(other, &mine).unwrap());
    let two = done(store.open_case(other, &mine).unwrap());
    assert_eq!(one.id, two.id);
}

#[test]
fn a_closed_case_is_read_and_not_written_until_it_is_reopened() {
    let (_dir, store, case) = both();
    let an = reader("an", &["x", "y"]);
    let close = |version, second| {
        let verdict = Verdict::TruePositive;
        store.close_case(
            by(&an, second),
            &case.id,
            version,
            verdict,
            "Đổi mật khẩu sớm hơn",
        )
    };
    assert_eq!(close(case.version + 1, 1).unwrap(), CaseChanged::Conflict);
    let closed = done(close(case.version, 2).unwrap());
    assert_eq!(closed.verdict, Some(Verdict::TruePositive));
    let refused = CaseChanged::Refused(CaseRefusal::Closed);
    assert_eq!(close(closed.version, 3).unwrap(), refused);
    let note = store.add_note(by(&an, 3), &case.id, "muộn").unwrap();
    assert_eq!(note, CaseChanged::Refused(CaseRefusal::Closed));
    let counts = store
        .cases(&an, &CaseFilter::default(), None, 10)
        .unwrap()
        .counts;
    assert_eq!((counts.new, counts.closed), (0, 1));
    let open = done(
        store
            .reopen_case(by(&an, 4), &case.id, closed.version)
            .unwrap(),
    );
    assert_eq!((open.state, open.verdict), (CaseState::InWork, None));
    assert_eq!(open.lessons, "Đổi mật khẩu sớm hơn");
    let again = store
        .reopen_case(by(&an, 5), &case.id, open.version)
        .unwrap();
    assert_eq!(again, CaseChanged::Refused(CaseRefusal::Open));
    let (_, broken) = store.verify_audit().unwrap();
    assert!(broken.is_none());
}

#[test]
fn a_site_that_only_an_alert_brought_goes_with_it() {
    let (_dir, store, case) = both();
    let all = Reader::local();
    fold(&store, vec![hit(3, 0, "203.0.113.9", "z")]);
    let third = alert_at(&store, "z");
    let linked = store.link_alerts(by(&all, 1), &case.id, &[third.clone(), third.clone()]);
    let linked = done(linked.unwrap());
    assert_eq!((linked.sites.len(), linked.counts.alerts), (3, 3));
    let own = reader("an", &["z"]);
    assert!(store.case(&own, &case.id).unwrap().is_some());
    let kept = CaseChange {
        version: linked.version,
        sites: Some(vec!["x".to_owned()]),
        ..CaseChange::default()
    };
    let refused = store.change_case(by(&all, 2), &case.id, &kept).unwrap();
    assert_eq!(
        refused,
        CaseChanged::Refused(CaseRefusal::NoSite),
        "alerts hold y and z"
    );
    let less = done(store.unlink_alert(by(&all, 2), &case.id, &third).unwrap());
    assert_eq!(less.sites, ["x", "y"]);
    assert!(store.case(&own, &case.id).unwrap().is_none());
}

#[test]
fn an_observable_says_where_else_it_was_seen_within_the_readers_sites() {
    let (_dir, store, case) = both();
    let an = reader("an", &["x"]);
    let other = CaseDraft {
        sites: vec!["x".to_owned()],
        ..draft("Cùng địa chỉ", &[])
    };
    let other = done(store.open_case(by(&an, 1), &other).unwrap());
    let value = ObservableDraft {
        kind: ObservableKind::Ip,
        value: "203.0.113.7".to_owned(),
        note: String::new(),
        tags: vec!["quét".to_owned()],
    };
    let kept = done(store.add_observable(by(&an, 2), &other.id, &value).unwrap());
    let twice = store.add_observable(by(&an, 3), &other.id, &value).unwrap();
    assert_eq!(twice, CaseChanged::Refused(CaseRefusal::Taken));
    let seen = |reader: &Reader, id: &str| {
        let detail = store.case(reader, id).unwrap().unwrap();
        detail.observables[0].1.clone()
    };
    assert_eq!(seen(&an, &other.id).alerts_count, 1, "that of y is not his");
    assert_eq!(seen(&Reader::local(), &other.id).alerts_count, 2);
    assert_eq!(seen(&an, &other.id).cases_count, 0);
    done(store.add_observable(by(&an, 4), &case.id, &value).unwrap());
    assert_eq!(
        seen(&an, &other.id).cases,
        [(case.id.clone(), case.title.clone())]
    );
    assert_eq!(seen(&an, &case.id).alerts_count, 0, "it is in the case");
    done(
        store
            .remove_observable(by(&an, 5), &other.id, kept.id)
            .unwrap(),
    );
    assert_eq!(seen(&an, &case.id).cases_count, 0);
}

fn found(site: &str) -> Journaled {
    let hit = hit(9, 3, "a", site);
    Journaled {
        position: 9,
        received: Time::EPOCH,
        event: (*hit.events[0].event).clone(),
    }
}

#[test]
fn the_timeline_is_merged_and_goes_on_page_by_page() {
    let (_dir, store, case) = both();
    let all = Reader::local();
    done(store.add_note(by(&all, 1), &case.id, "ghi").unwrap());
    done(
        store
            .pin_event(by(&all, 2), &case.id, &found("x"), "đầu tiên")
            .unwrap(),
    );
    let twice = store
        .pin_event(by(&all, 3), &case.id, &found("x"), "")
        .unwrap();
    assert_eq!(twice, CaseChanged::Refused(CaseRefusal::Taken));
    let elsewhere = store
        .pin_event(by(&all, 3), &case.id, &found("z"), "")
        .unwrap();
    assert_eq!(elsewhere, CaseChanged::Refused(CaseRefusal::NoSite));
    let whole = store.timeline(&all, &case.id, None, 200).unwrap().unwrap();
    assert_eq!(whole.next, None);
    let mut pages = (Vec::new(), None);
    loop {
        let page = store.timeline(&all, &case.id, pages.1.as_ref(), 2);
        let page = page.unwrap().unwrap();
        pages.0.extend(page.moments);
        let text = page.next.map(|next| next.to_string());
        pages.1 = text.and_then(|text| MomentCursor::parse(&text));
        if pages.1.is_none() {
            break;
        }
    }
    assert_eq!(pages.0, whole.moments);
    assert!(matches!(&whole.moments[0], Moment::Note(note) if note.text == "ghi"));
    let events = whole.moments.iter();
    let pinned = events.filter(|moment| matches!(moment, Moment::Event(_)));
    assert_eq!(pinned.count(), 1, "a copy that outlives retention");
    // Opened, two alerts linked, two alerts, a note, an event.
    assert_eq!(whole.moments.len(), 7);
    let own = found("x").event.id.to_string();
    let blind = reader("b", &["y"]);
    let gone = store.unpin_event(by(&blind, 4), &case.id, &own).unwrap();
    assert_eq!(gone, CaseChanged::Missing);
    done(store.unpin_event(by(&all, 4), &case.id, &own).unwrap());
}

#[test]
fn evidence_is_kept_once_and_each_reading_is_a_line_of_custody() {
    let (_dir, store, case) = both();
    let (an, other) = (reader("an", &["x"]), reader("la", &["y"]));
    let evidence = EvidenceDraft {
        name: "bộ nhớ.bin".to_owned(),
        bytes: 3,
        sha256: "ab".repeat(32),
        note: String::new(),
        site: Some("x".to_owned()),
    };
    let mut named = 0;
    let mut add = |by: CaseWriter<'_>, evidence: &EvidenceDraft| {
        let keep = || {
            named += 1;
            Ok(())
        };
        store.add_evidence(by, &case.id, evidence, keep).unwrap()
    };
    let foreign = EvidenceDraft {
        site: Some("y".to_owned()),
        ..evidence.clone()
    };
    assert_eq!(
        add(by(&an, 1), &foreign),
        CaseChanged::Refused(CaseRefusal::NoSite)
    );
    let tight = CaseWriter {
        limits: CaseLimits {
            evidence_total_mib: 0,
            ..CaseLimits::default()
        },
        ..by(&an, 1)
    };
    assert_eq!(
        add(tight, &evidence),
        CaseChanged::Refused(CaseRefusal::NoRoom)
    );
    let kept = done(add(by(&an, 1), &evidence));
    assert_eq!(
        add(by(&an, 2), &evidence),
        CaseChanged::Refused(CaseRefusal::Taken)
    );
    assert_eq!(named, 1, "what is refused gets no name");
    // Of site x: the reader of y sees that there is something, and cannot take it.
    let theirs = store.case(&other, &case.id).unwrap().unwrap();
    assert!(theirs.evidence.is_empty());
    assert_eq!(theirs.row.counts.outside, 2);
    assert!(
        store
            .read_evidence(by(&other, 3), &case.id, kept.id)
            .unwrap()
            .is_none()
    );
    let closed = store.close_case(by(&an, 4), &case.id, 1, Verdict::Benign, "");
    done(closed.unwrap());
    let read = store.read_evidence(by(&an, 5), &case.id, kept.id).unwrap();
    assert_eq!(read.unwrap().sha256, evidence.sha256);
    let detail = store.case(&an, &case.id).unwrap().unwrap();
    let custody: Vec<CustodyAction> = detail.evidence[0].1.iter().map(|l| l.action).collect();
    assert_eq!(custody, [CustodyAction::Received, CustodyAction::Read]);
    assert_eq!(store.evidence_files().unwrap().len(), 1);
}

#[test]
fn one_open_incident_stands_for_a_case() {
    let (_dir, store, case) = both();
    let all = Reader::local();
    let own = reader("an", &["x"]);
    let id = store.open_case_incident(by(&all, 1), &case.id, Some(Level::Critical));
    let id = done(id.unwrap());
    let again = store
        .open_case_incident(by(&all, 2), &case.id, None)
        .unwrap();
    assert_eq!(again, CaseChanged::Refused(CaseRefusal::HasIncident));
    let found = store
        .incidents(&all, &IncidentFilter::default(), None, 10)
        .unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].site.as_str(), found[0].level),
        ("", Level::Critical)
    );
    let (_, history) = store.incident(&all, &id).unwrap().unwrap();
    assert_eq!(history[0].who, "local");
    let row = |reader: &Reader| store.case(reader, &case.id).unwrap().unwrap().row;
    assert_eq!(row(&all).incident, Some(id));
    assert_eq!(row(&own).incident, None, "it spans sites");
}

#[test]
fn exercise_and_real_data_never_share_a_case() {
    let (_dir, store, case) = both();
    let all = Reader::local();
    let mut exercise = hit(5, 0, "a", "x");
    exercise.exercise = true;
    fold(&store, vec![exercise]);
    let page = store.alerts(&all, &AlertFilter::default(), Order::Newest, None, 10);
    let rows = page.unwrap().rows;
    let drill = rows.iter().find(|row| row.exercise).unwrap().id.clone();
    let mixed = CaseChanged::Refused(CaseRefusal::Exercise);
    let linked = store.link_alerts(by(&all, 1), &case.id, std::slice::from_ref(&drill));
    assert_eq!(linked.unwrap(), mixed);
    let both = [drill.clone(), alert_at(&store, "y")];
    assert_eq!(
        store.open_case(by(&all, 1), &draft("Lẫn", &both)).unwrap(),
        mixed
    );
    let own = done(
        store
            .open_case(by(&all, 1), &draft("Diễn tập", &[drill]))
            .unwrap(),
    );
    assert!(own.exercise);
}
