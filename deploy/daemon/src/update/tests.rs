//! Update files that are what they say and those that are not; programs that are well and those that are not.
//! Programs are scripts here: they answer `--version` and `doctor` as a program would.

use std::os::unix::fs::PermissionsExt;

use std::time::Duration;

use tempfile::TempDir;

use super::*;

struct Bench {
    dir: TempDir,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        make_key(dir.path()).unwrap();
        let own = Self { dir };
        own.write("haidang", &script("old", 0, 0));
        own
    }

    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.at(name), text).unwrap();
        std::fs::set_permissions(self.at(name), PermissionsExt::from_mode(0o755)).unwrap();
    }

    fn packed(&self, program: &str, version: &str) -> PathBuf {
        // A program says the version that its update says.
        let program = program.replace("haidang 99;", &format!("haidang {version};"));
        self.write("new", &program);
        let out = self.at("update");
        make(&self.at("new"), Some(version), &self.at("update.key"), &out).unwrap();
        out
    }

    fn install(&self, file: &Path, change: impl Fn(&mut Installing<'_>)) -> Result<Verdict> {
        let (certificate, judge) = (self.at("update.crt"), self.judge());
        let mut own = Installing {
            file: File::open(file).unwrap(),
            shown: file.display().to_string(),
            certificate: &certificate,
            judge: &judge,
            any_version: false,
            no_way_back: false,
            no_restart: true,
            order: None,
        };
        change(&mut own);
        install(own)
    }

    fn judge(&self) -> Judge {
        Judge {
            program: self.at("haidang"),
            patience: Duration::ZERO,
            doctor: Vec::new(),
            verdicts: self.at("verdicts"),
        }
    }

    fn open(&self, file: &Path) -> Result<Manifest> {
        let shown = file.display().to_string();
        let read = File::open(file).unwrap();
        open(
            &read,
            &shown,
            &self.at("update.crt"),
            &self.at("haidang.new"),
        )
    }

    fn program(&self) -> String {
        std::fs::read_to_string(self.at("haidang")).unwrap()
    }
}

fn script(name: &str, version: i32, doctor: i32) -> String {
    format!(
        "#!/bin/sh\n# {name}\ncase $1 in\n--version) echo haidang 99; exit {version} ;;\ndoctor) echo {name} is ill; exit {doctor} ;;\nesac\n"
    )
}

#[test]
fn what_is_signed_and_well_is_installed() {
    let own = Bench::new();
    let file = own.packed(&script("new", 0, 0), "99.0.1");
    let verdict = own.install(&file, |_| {}).unwrap();
    assert_eq!(
        (&*verdict.version, verdict.outcome),
        ("99.0.1", Outcome::Installed)
    );
    assert!(own.program().contains("# new"));
    assert!(
        std::fs::read_to_string(own.at("haidang.before"))
            .unwrap()
            .contains("# old")
    );
    assert!(!own.at("haidang.new").exists() && !own.at("haidang.pending").exists());
}

#[test]
fn a_program_with_which_the_box_is_not_well_is_put_back() {
    let own = Bench::new();
    let file = own.packed(&script("new", 0, 2), "99.0.1");
    let verdict = own.install(&file, |_| {}).unwrap();
    assert_eq!(verdict.outcome, Outcome::RolledBack);
    assert!(verdict.reason.contains("new is ill"), "{}", verdict.reason);
    assert!(own.program().contains("# old"));
    assert!(!own.at("haidang.before").exists() && !own.at("haidang.pending").exists());
    assert_eq!(settle(&own.judge()).unwrap(), None);
}

#[test]
fn what_cannot_be_judged_or_does_not_run_changes_nothing() {
    let own = Bench::new();
    let file = own.packed(&script("new", 1, 0), "99.0.1");
    let refused = |change: &dyn Fn(&mut Installing<'_>)| {
        let error = format!("{:#}", own.install(&file, change).unwrap_err());
        assert!(own.program().contains("# old"), "{error}");
        assert!(!own.at("haidang.new").exists() && !own.at("haidang.before").exists());
        error
    };
    assert!(refused(&|_| {}).contains("does not run on this machine"));
    own.packed("#!/bin/sh\n", "99.0.1");
    assert!(refused(&|_| {}).contains("is none of haidang"));
    own.packed("#!/bin/sh\necho haidang 99.0.2\n", "99.0.1");
    assert!(refused(&|_| {}).contains("says version 99.0.1, its program 99.0.2"));
    own.packed(&script("new", 0, 0), "0.0.0");
    assert!(refused(&|_| {}).contains("is not newer"));
    own.write("haidang", &script("old", 0, 2));
    assert!(refused(&|own| own.any_version = true).contains("not well before the update"));
    own.write("haidang", &script("old", 0, 0));
    own.install(&file, |own| own.any_version = true).unwrap();
}

#[test]
fn every_file_that_is_not_what_was_signed_is_refused() {
    let (own, other) = (Bench::new(), Bench::new());
    let file = own.packed(&script("new", 0, 0), "99.0.1");
    let good = std::fs::read(&file).unwrap();
    let program = std::fs::read_to_string(own.at("new")).unwrap();
    let opened = |bytes: &[u8]| {
        std::fs::write(&file, bytes).unwrap();
        own.open(&file)
    };
    let refused = |bytes: &[u8]| format!("{:#}", opened(bytes).unwrap_err());
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        // A bit of the packing may mean nothing; then the program is the signed one.
        if opened(&bytes).is_ok() {
            let written = std::fs::read_to_string(own.at("haidang.new")).unwrap();
            assert_eq!(written, program, "byte {at}");
        }
        if opened(&good[..at]).is_ok() {
            let written = std::fs::read_to_string(own.at("haidang.new")).unwrap();
            assert_eq!(written, program, "cut at {at}");
        }
    }
    let foreign = other.packed(&script("new", 0, 0), "99.0.1");
    assert!(refused(&std::fs::read(foreign).unwrap()).contains("is not signed by"));
    assert!(refused(b"").contains("is no update file"));
    assert!(refused(&vec![b'x'; 200_000]).contains("is no update file"));
    std::fs::write(&file, &good).unwrap();
    own.open(&file).unwrap();
}

/// A signed line that lies about the size of what follows: a bomb stops where the line says that it ends.
#[test]
fn a_program_larger_than_was_signed_is_not_unpacked() {
    let own = Bench::new();
    let file = own.packed(&script("new", 0, 0), "99.0.1");
    let good = std::fs::read(&file).unwrap();
    let head = good
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'\n')
        .nth(2);
    let mut bytes = good[..=head.unwrap().0].to_vec();
    bytes.extend(zstd::bulk::compress(&vec![0; 50 << 20], 3).unwrap());
    std::fs::write(&file, bytes).unwrap();
    let next = own.at("haidang.new");
    let error = format!("{:#}", own.open(&file).unwrap_err());
    assert!(error.contains("not the one that was signed"), "{error}");
    assert!(std::fs::metadata(next).unwrap().len() < 1 << 20);
}

/// What root does with what a sensor fetched: once, with a verdict for the sensor, and no trick of the folder's owner
/// makes it read or write anything else.
#[test]
fn what_a_sensor_fetched_is_installed_once_and_told() {
    let own = Bench::new();
    let data = own.at("data");
    let place = |name: &str| data.join(FOLDER).join(name);
    let ready = || install_ready(&data, &own.at("update.crt"), &own.judge(), true).unwrap();
    assert_eq!(ready(), None, "there is no folder yet");
    std::fs::create_dir_all(data.join(FOLDER)).unwrap();
    std::fs::write(place("ready-x.update"), "").unwrap();
    assert_eq!(ready(), None);
    let file = own.packed(&script("new", 0, 2), "99.0.1");
    std::fs::copy(&file, place("ready-3.update")).unwrap();
    let verdict = ready().unwrap();
    assert_eq!((verdict.id, verdict.outcome), (3, Outcome::RolledBack));
    assert_eq!(Verdict::last(&own.at("verdicts")), Some(verdict));
    assert!(own.program().contains("# old") && !place("ready-3.update").exists());
    // The same rollout comes again: it is known.
    own.packed(&script("new", 0, 0), "99.0.2");
    std::fs::copy(&file, place("ready-3.update")).unwrap();
    assert_eq!(ready().unwrap().outcome, Outcome::RolledBack);
    std::fs::copy(&file, place("ready-4.update")).unwrap();
    assert_eq!(ready().unwrap().outcome, Outcome::Installed);
    assert!(own.program().contains("# new"));
    // Links, pipes and rubbish.
    std::os::unix::fs::symlink(&file, place("ready-5.update")).unwrap();
    assert_eq!(ready().unwrap().outcome, Outcome::Refused);
    assert!(file.exists() && !place("ready-5.update").exists());
    let made = std::process::Command::new("mkfifo")
        .arg(place("ready-6.update"))
        .status();
    assert!(made.unwrap().success());
    let verdict = ready().unwrap();
    assert!(
        verdict.reason.contains("no plain file"),
        "{}",
        verdict.reason
    );
    std::fs::write(place("ready-7.update"), "rubbish").unwrap();
    assert!(ready().unwrap().reason.contains("is no update file"));
    // A box that takes none is not asked for ever; what else lies there stays.
    std::fs::write(place("ready-9.update"), "").unwrap();
    std::fs::write(place("state"), "").unwrap();
    discard_ready(&data).unwrap();
    assert!(!place("ready-9.update").exists() && place("state").exists());
    // Another folder in the place of this one.
    std::fs::rename(data.join(FOLDER), data.join("other")).unwrap();
    std::os::unix::fs::symlink(data.join("other"), data.join(FOLDER)).unwrap();
    std::fs::copy(&file, data.join("other/ready-8.update")).unwrap();
    assert_eq!(ready(), None);
}
