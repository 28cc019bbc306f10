//! A page of incidents is full, whatever it is narrowed to.

use super::*;
use crate::reader::Role;

#[test]
fn filters_narrow_before_a_page_is_cut() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("store.db"), |_| {}).unwrap();
    for n in 0..40 {
        let dimensions = format!("{{\"sensor\":\"s{n}\"}}");
        let raised = Raised {
            origin: IncidentOrigin::Source,
            rule: "sensor_silent",
            dimensions: &dimensions,
            site: if n % 10 == 0 { "rare" } else { "common" },
            exercise: n % 20 == 0,
            level: if n % 8 == 0 {
                Level::Critical
            } else {
                Level::High
            },
            window: Duration::from_secs(60),
        };
        assert!(
            store
                .raise(&raised, Time::from_seconds(1_000 + n, 0))
                .unwrap()
        );
    }
    let reader = Reader {
        user: "v".into(),
        role: Role::Viewer,
        scope: crate::reader::Scope::All,
    };
    let walk = |filter: &IncidentFilter| -> Vec<usize> {
        let (mut pages, mut after) = (Vec::new(), None);
        loop {
            let page = store.incidents(&reader, filter, after, 2).unwrap();
            let Some(last) = page.last() else {
                return pages;
            };
            after = Some((last.updated, last.id.clone()));
            pages.push(page.len());
        }
    };
    let site = IncidentFilter {
        site: Some("rare".to_owned()),
        ..IncidentFilter::default()
    };
    assert_eq!(walk(&site), [2, 2]);
    let level = IncidentFilter {
        level: Some("critical".to_owned()),
        ..IncidentFilter::default()
    };
    assert_eq!(walk(&level), [2, 2, 1]);
    let all = IncidentFilter {
        exercise: Some(false),
        level: Some("critical".to_owned()),
        site: Some("common".to_owned()),
        states: vec![IncidentState::New],
    };
    assert_eq!(walk(&all), [2, 2]);
    assert_eq!(walk(&IncidentFilter::default()).len(), 20);
}
