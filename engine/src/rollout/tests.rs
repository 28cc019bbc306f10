//! Whom an update is offered to, in which order, and when it stops; kept over a restart.

use std::collections::HashMap;
use std::convert::Infallible;

use super::*;

struct Fleet {
    dir: tempfile::TempDir,
    said: HashMap<String, SaidOfUpdate>,
}

impl Fleet {
    fn new(names: &[&str]) -> Self {
        let own = |name: &&str| {
            let said = SaidOfUpdate {
                version: "0.4.0".to_owned(),
                pushed: true,
                ..SaidOfUpdate::default()
            };
            ((*name).to_owned(), said)
        };
        Self {
            dir: tempfile::tempdir().unwrap(),
            said: names.iter().map(own).collect(),
        }
    }

    fn rollouts(&self) -> Rollouts {
        Rollouts::open(self.dir.path())
    }

    fn publish(&self, rollouts: &Rollouts, to: Recipients, at_once: u32) -> Rollout {
        rollouts.receive(b"an update").unwrap();
        let update = Published {
            version: "0.5.0".to_owned(),
            target: "x86_64-linux".to_owned(),
            size: 9,
            sha256: "ab".repeat(32),
        };
        let now = Time::from_micros(1);
        rollouts.publish(update, (to, at_once), "an", now).unwrap()
    }

    fn offered(&self, rollouts: &Rollouts, sensor: &str) -> Option<u64> {
        self.offered_at(rollouts, sensor, 1)
    }

    fn offered_at(&self, rollouts: &Rollouts, sensor: &str, micros: i64) -> Option<u64> {
        let waits = (Time::from_micros(micros), Duration::from_secs(3_600));
        let said = |name: &str| Ok::<_, Infallible>(self.said[name].clone());
        let sites = [format!("site-of-{sensor}")];
        let offer = rollouts.offer((sensor, &sites), waits, said).unwrap();
        offer.map(|offer| offer.id)
    }

    fn say(&mut self, sensor: &str, change: impl Fn(&mut SaidOfUpdate)) {
        change(self.said.get_mut(sensor).unwrap());
    }
}

#[test]
fn one_at_a_time_until_one_fails() {
    let mut fleet = Fleet::new(&["a", "b", "c"]);
    let rollouts = fleet.rollouts();
    assert_eq!(fleet.offered(&rollouts, "a"), None, "nothing is published");
    fleet.publish(&rollouts, Recipients::default(), 1);
    assert_eq!(fleet.offered(&rollouts, "b"), Some(1));
    assert_eq!(fleet.offered(&rollouts, "a"), None, "b is not through");
    assert_eq!(fleet.offered(&rollouts, "b"), Some(1));
    fleet.say("b", |said| said.version = "0.5.0".to_owned());
    // The centre is started again meanwhile.
    let rollouts = fleet.rollouts();
    assert_eq!(fleet.offered(&rollouts, "b"), None, "it runs it");
    assert_eq!(fleet.offered(&rollouts, "a"), Some(1));
    fleet.say("a", |said| {
        (said.id, said.state, said.reason) = (1, "rolled_back".into(), "it is ill".into());
    });
    assert_eq!(fleet.offered(&rollouts, "c"), None);
    let own = rollouts.newest().unwrap();
    assert_eq!(
        (own.state, &*own.reason),
        (RolloutState::Stopped, "a: it is ill")
    );
    // A person takes it up again: under a new number a is offered it anew, b is done.
    let own = rollouts.turn(1, RolloutState::Running).unwrap().unwrap();
    assert_eq!((own.id, own.sensors.len()), (2, 1));
    assert_eq!(fleet.offered(&rollouts, "a"), Some(2));
    assert_eq!(rollouts.turn(1, RolloutState::Stopped).unwrap(), None);
    rollouts.turn(2, RolloutState::Stopped).unwrap().unwrap();
    assert_eq!(fleet.offered(&rollouts, "a"), None, "a person stopped it");
}

#[test]
fn only_who_takes_it_is_offered_it_and_is_older() {
    let mut fleet = Fleet::new(&["a", "b", "c", "d"]);
    fleet.say("b", |said| said.pushed = false);
    fleet.say("c", |said| said.version = "0.6.0".to_owned());
    let rollouts = fleet.rollouts();
    let to = Recipients {
        sensors: vec!["b".to_owned(), "c".to_owned()],
        sites: vec!["site-of-d".to_owned()],
    };
    fleet.publish(&rollouts, to, 3);
    let offered = |name: &str| fleet.offered(&rollouts, name);
    assert_eq!(
        [offered("a"), offered("b"), offered("c"), offered("d")],
        [None, None, None, Some(1)]
    );
    let own = rollouts.newest().unwrap();
    assert_eq!(own.sensors.get("c"), Some(&Step::Done));
    assert_eq!(own.sensors.get("b"), None);
}

#[test]
fn versions_are_compared_by_number() {
    for (version, than, newer) in [
        ("0.10.0", "0.9.9", true),
        ("0.4.0", "0.4.0", false),
        ("1.0", "0.9.9", true),
        ("1.0", "", true),
        ("", "1.0", false),
        ("one", "two", false),
    ] {
        assert_eq!(is_newer(version, than), newer, "{version} than {than}");
    }
}

#[test]
fn who_never_says_how_it_ended_has_failed() {
    let mut fleet = Fleet::new(&["a", "b"]);
    let rollouts = fleet.rollouts();
    let published = fleet.publish(&rollouts, Recipients::default(), 1);
    assert_eq!(fleet.offered(&rollouts, "a"), Some(published.id));
    // It says that it was installed, and runs another version all the same.
    fleet.say("a", |said| {
        (said.id, said.state) = (published.id, "installed".to_owned())
    });
    let hour = 3_600 * 1_000_000;
    assert_eq!(
        fleet.offered_at(&rollouts, "b", hour),
        None,
        "one at a time"
    );
    assert_eq!(fleet.offered_at(&rollouts, "b", hour + 2), None);
    let own = rollouts.newest().unwrap();
    assert_eq!(
        (own.state, own.sensors["a"]),
        (RolloutState::Stopped, Step::Failed)
    );
    assert!(own.reason.starts_with("a: "), "{}", own.reason);
}
