//! An update that is killed at every step: whatever was done by then, the box ends with one whole program, and with the
//! new one only where `doctor` finds it well. Programs are scripts here: they answer as a program would.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tests::binary::haidang;

/// Every step of an update after which it may be killed, and whether the new program is in place by then.
const STEPS: [(&str, bool); 6] = [
    ("update_kept", false),
    ("update_noted", false),
    ("update_replaced", true),
    ("update_judged", true),
    ("update_failed", true),
    ("update_put_back", true),
];

struct Machine {
    dir: tempfile::TempDir,
}

impl Machine {
    /// A box with a program that is well, and an update to one that is or is not.
    fn new(new_is_well: bool) -> Self {
        let own = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        own.script("haidang", "old", true);
        own.script("new", "new", new_is_well);
        let text = format!(
            "[update]\ncertificate = \"{0}/update.crt\"\nverdicts = \"{0}/verdicts\"\npushed = true\npatience_seconds = 0\n",
            own.dir.path().display()
        );
        std::fs::write(own.at("haidang.toml"), text).unwrap();
        own.update(&["key", "--out", own.dir.path().to_str().unwrap()], "");
        let (program, key, out) = (own.text("new"), own.text("update.key"), own.text("update"));
        own.update(
            &["make", "--program", &program, "--key", &key, "--out", &out],
            "",
        );
        own
    }

    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.at(name).display().to_string()
    }

    fn script(&self, file: &str, name: &str, well: bool) {
        self.script_of(file, name, "99.1", well);
    }

    fn script_of(&self, file: &str, name: &str, version: &str, well: bool) {
        let text = format!(
            "#!/bin/sh\n# {name}\ncase $1 in\n--version) echo haidang {version} here ;;\ndoctor) echo {name}; exit {} ;;\nesac\n",
            if well { 0 } else { 2 }
        );
        std::fs::write(self.at(file), text).unwrap();
        std::fs::set_permissions(self.at(file), PermissionsExt::from_mode(0o755)).unwrap();
    }

    /// `haidang update …` with a failpoint; whether it ended well.
    fn update(&self, arguments: &[&str], failpoint: &str) -> bool {
        let mut command: Command = haidang();
        command.args(["--config", &self.text("haidang.toml")]);
        command.args(["--data-dir", &self.text("data"), "update"]);
        command.args(arguments);
        if !failpoint.is_empty() {
            command.env("FAILPOINTS", format!("{failpoint}=panic"));
        }
        command.output().unwrap().status.success()
    }

    /// Whether the program in place is the new one; it is whole.
    fn is_new(&self) -> bool {
        let text = std::fs::read_to_string(self.at("haidang")).unwrap();
        assert!(text.ends_with("esac\n"), "{text}");
        text.contains("# new")
    }

    fn assert_ended(&self) {
        let left = |name: &str| self.at(name).exists();
        assert!(!left("haidang.pending") && !left("haidang.new"));
    }
}

#[test]
fn an_update_killed_at_every_step_is_judged_afterwards() {
    for (step, in_place) in STEPS {
        for new_is_well in [true, false] {
            let own = Machine::new(new_is_well);
            let program = own.text("haidang");
            let place = ["--program", &program, "--no-restart"];
            let file = own.text("update");
            let arguments = [&["install", &*file][..], &place].concat();
            let ended_well = own.update(&arguments, step);
            let killed = !(new_is_well && matches!(step, "update_failed" | "update_put_back"));
            assert_eq!(ended_well, !killed, "{step}");
            // The updater is killed once more while it ends what was begun.
            own.update(&["settle", "--program", &program], "update_judged");
            own.update(&["settle", "--program", &program], "update_put_back");
            own.update(&["settle", "--program", &program], "");
            own.assert_ended();
            assert_eq!(own.is_new(), new_is_well && in_place, "{step}");
            // And the next one finds a box on which it can work.
            own.script_of("new", "new", "99.2", true);
            let (key, out) = (own.text("update.key"), own.text("update"));
            let new = own.text("new");
            own.update(
                &[
                    "make",
                    "--program",
                    &new,
                    "--release",
                    "99.2",
                    "--key",
                    &key,
                    "--out",
                    &out,
                ],
                "",
            );
            assert!(own.update(&arguments, ""), "{step}");
            own.assert_ended();
            assert!(own.is_new());
        }
    }
}

#[test]
fn what_a_sensor_fetched_ends_with_one_verdict_whatever_is_killed() {
    for (step, _) in STEPS {
        let own = Machine::new(false);
        let folder = own.at("data/update");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::copy(own.at("update"), folder.join("ready-7.update")).unwrap();
        let program = own.text("haidang");
        let arguments = ["install", "--pushed", "--program", &program, "--no-restart"];
        assert!(!own.update(&arguments, step));
        // systemd starts it again as long as the file is there.
        own.update(&arguments, "");
        own.update(&arguments, "");
        own.assert_ended();
        assert!(
            !own.is_new() && !folder.join("ready-7.update").exists(),
            "{step}"
        );
        let verdict = verdict(&own.at("verdicts"));
        assert_eq!(verdict["id"], 7, "{step}");
        assert_eq!(verdict["outcome"], "rolled_back", "{step}: {verdict}");
    }
}

fn verdict(folder: &Path) -> serde_json::Value {
    let text = std::fs::read(folder.join("verdict.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
}
