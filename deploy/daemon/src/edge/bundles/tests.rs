//! What becomes of a configuration that comes, whatever it is and whenever the sensor ends.

use tempfile::TempDir;

use super::*;
use crate::config::EdgesSection;
use crate::edges::Ca;
use crate::system_clock;

struct Box {
    dir: TempDir,
    ca: Ca,
    own: Config,
}

impl Box {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let ca = Ca::open(&EdgesSection::default(), dir.path(), system_clock()()).unwrap();
        let tls = dir.path().join("tls");
        std::fs::write(tls.join(CA), ca.pem()).unwrap();
        let enrolled = r#"{"sensor":"xa-1","centre":"https://a:1","sites":["xa"],"issued":0,"life_seconds":9}"#;
        std::fs::write(tls.join("enrolled.json"), enrolled).unwrap();
        let own = Config::parse("[spool]\nmib = 1\n").unwrap();
        Self { dir, ca, own }
    }

    fn bundles(&self) -> Bundles {
        Bundles::new(self.dir.path())
    }

    fn signed(&self, ca: &Ca, sensor: &str, version: u64, config: &str) -> Signed {
        let bundle = Bundle {
            sensor: sensor.to_owned(),
            version,
            made: String::new(),
            config: config.to_owned(),
            networks: vec![("10.1.0.0/16".to_owned(), "xa".to_owned())],
            leaves: Some(vec!["xa".to_owned()]),
        };
        let text = serde_json::to_string(&bundle).unwrap();
        Signed::make(&text, |message| ca.sign(message)).unwrap()
    }

    fn sends(&self, version: u64, config: &str) -> bool {
        let signed = self.signed(&self.ca, "xa-1", version, config);
        self.bundles().take(&self.own, signed).unwrap()
    }

    fn plan(&self) -> Plan {
        self.bundles().plan(&self.own).unwrap()
    }
}

#[test]
fn what_holds_is_in_force_and_what_does_not_is_put_back() {
    let own = Box::new();
    assert_eq!((own.plan().trial, own.plan().config.spool.mib), (false, 1));
    assert!(own.sends(1, "[spool]\nmib = 2\ncolour = 1\n"));
    let plan = own.plan();
    assert!(plan.trial);
    assert_eq!(plan.config.spool.mib, 2);
    assert_eq!(
        plan.networks
            .site("10.1.2.3".parse().unwrap())
            .map(|site| &**site),
        Some("xa")
    );
    assert!(plan.grant.admits("xa") && !plan.grant.admits("xb"));
    own.bundles().hold(&own.own).unwrap();
    assert!(!own.bundles().in_force(&own.own).unwrap().grant.admits("xb"));
    let state = own.bundles().state();
    assert_eq!((state.version, state.newest), (1, None));
    assert_eq!(state.unknown, ["line 3: colour"]);
    assert!(own.sends(2, "[spool]\nmib = 3\n"));
    assert_eq!(own.plan().config.spool.mib, 3);
    own.bundles().put_back("the centre took nothing").unwrap();
    assert_eq!((own.plan().trial, own.plan().config.spool.mib), (false, 2));
    let state = own.bundles().state();
    assert_eq!(state.version, 1);
    let newest = state.newest.unwrap();
    assert_eq!((newest.version, &*newest.state), (2, "rolled_back"));
    assert_eq!(newest.reason, "the centre took nothing");
}

#[test]
fn a_configuration_that_the_sensor_does_not_outlive_is_put_back_at_the_third_start() {
    let own = Box::new();
    assert!(own.sends(1, "[spool]\nmib = 2\n"));
    assert_eq!((own.plan().trial, own.plan().trial), (true, true));
    let plan = own.plan();
    assert_eq!((plan.trial, plan.config.spool.mib), (false, 1));
    let newest = own.bundles().state().newest.unwrap();
    assert!(newest.reason.contains("ended twice"), "{}", newest.reason);
}

#[test]
fn what_the_centre_did_not_sign_for_this_sensor_is_refused() {
    let (own, other) = (Box::new(), Box::new());
    let mut changed = own.signed(&own.ca, "xa-1", 1, "");
    changed.bundle = changed.bundle.replace("xa-1", "xa-1 ");
    let mut bare = own.signed(&own.ca, "xa-1", 1, "");
    bare = serde_json::from_value(serde_json::json!({ "bundle": bare.bundle, "signature": "!" }))
        .unwrap();
    for (signed, words) in [
        (own.signed(&other.ca, "xa-1", 1, ""), "not signed by"),
        (changed, "not signed by"),
        (bare, "cannot be read"),
        (own.signed(&own.ca, "xa-2", 1, ""), "for the sensor xa-2"),
        (
            own.signed(&own.ca, "xa-1", 1, "[spool]\nmib = 0\n"),
            "spool.mib is 0",
        ),
    ] {
        assert!(!own.bundles().take(&own.own, signed).unwrap());
        let newest = own.bundles().state().newest.unwrap();
        assert_eq!(newest.state, "refused");
        assert!(newest.reason.contains(words), "{}", newest.reason);
        assert!(!own.plan().trial);
    }
}

/// Every file may be half there, old or new, when the power goes: the sensor starts all the same.
#[test]
fn damaged_files_cost_the_configuration_and_not_the_sensor() {
    let own = Box::new();
    assert!(own.sends(1, "[spool]\nmib = 2\n"));
    own.plan();
    own.bundles().hold(&own.own).unwrap();
    assert!(own.sends(2, "[spool]\nmib = 3\n"));
    for name in ["trial.json", "state.json", "current.json"] {
        std::fs::write(own.dir.path().join("bundle").join(name), "{\"si").unwrap();
        let plan = own.plan();
        assert!([1, 2].contains(&plan.config.spool.mib), "{name}");
    }
    assert_eq!(own.plan().config.spool.mib, 1);
}

#[test]
fn what_changes_nothing_is_in_force_without_a_trial() {
    let own = Box::new();
    let running = Effective::of(&own.plan());
    let networks = own.signed(
        &own.ca,
        "xa-1",
        1,
        "# nothing but a remark\n[spool]\nmib = 1\n",
    );
    assert!(
        !own.bundles()
            .hold_if_same(&own.own, &running, &networks)
            .unwrap(),
        "networks are new here"
    );
    assert!(own.sends(1, ""));
    let running = Effective::of(&own.plan());
    own.bundles().hold(&own.own).unwrap();
    let same = |version, text: &str| {
        let signed = own.signed(&own.ca, "xa-1", version, text);
        let bundles = own.bundles();
        bundles.hold_if_same(&own.own, &running, &signed).unwrap()
    };
    assert!(same(2, "# nothing but a remark\n[spool]\nmib = 1\n"));
    let state = own.bundles().state();
    assert_eq!(
        (state.version, state.newest, own.plan().trial),
        (2, None, false)
    );
    for other in [
        "[spool]\nmib = 2\n",
        "[uplink]\nkbit = 64\n",
        "[limits.log]\nfiles = 7\n",
        "[[source]]\nid = \"a\"\nkind = \"journal\"\n",
        "[spool]\nmib = 0\n",
    ] {
        assert!(!same(3, other), "{other}");
        assert_eq!(own.bundles().state().version, 2);
    }
}
