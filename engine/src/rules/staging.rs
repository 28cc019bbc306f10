//! Imports: an archive is unpacked beside the rules, compared with those in force and tried on the
//! past; only then is it put in their place, or thrown away.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use event::{Text, Time};
use sha2::{Digest, Sha256};

use super::archive::{self, PackFile, is_rule};
use super::book::{self, Loaded};
use super::compare::{Compared, RuleChange, compare, engine_of, without_filters};
use super::files::{self, Disk};
use super::packs::{self, LastChange, Pack};
use super::trial::Trial;
use super::{Book, Refused, Rulebook, lock, make, refuse};
use crate::detect::Engine;
use crate::error::{Error, Result};
use crate::intel::write_atomically;
use crate::rule::{Off, OffEntry, Origin, Problem, RuleFile};

/// Whether a pack may be called so: it stands in paths.
pub fn is_pack_name(name: &str) -> bool {
    crate::rule::intel::is_list_id(name)
}

/// An import that is not in force yet.
pub struct Import {
    /// Its id.
    pub id: String,
    /// The pack that it makes or replaces.
    pub pack: String,
    /// The file or folder that it came from, as somebody called it.
    pub source: String,
    /// The SHA-256 of the archive, in hex.
    pub sha256: String,
    /// Who staged it.
    pub who: String,
    /// When.
    pub at: Time,
    /// Rule files.
    pub files: usize,
    /// What it changes.
    pub compared: Compared,
    pub(super) trial: Mutex<Trial>,
    pub(super) stop: AtomicBool,
    folder: PathBuf,
    /// The packs that it was compared with.
    packs: u64,
}

impl Import {
    /// How the trial on the past is.
    pub fn trial(&self) -> Trial {
        lock(&self.trial).clone()
    }

    /// Ends the trial early.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Release);
    }

    /// Whether there is such a rule when the import is in force.
    fn has(&self, before: &Book, rule: &str) -> bool {
        let rule = rule.to_lowercase();
        let mut items = self.compared.items.iter();
        match items.find(|item| *item.id == *rule) {
            Some(item) => item.change != RuleChange::Removed,
            None => before.row(&rule).is_some(),
        }
    }

    /// How many rules have this change.
    pub fn count(&self, change: RuleChange) -> usize {
        let items = self.compared.items.iter();
        items.filter(|item| item.change == change).count()
    }
}

/// An archive to stage.
#[derive(Clone, Debug)]
pub struct NewImport<'a> {
    /// Its id, which nothing has.
    pub id: String,
    /// The pack's name.
    pub pack: &'a str,
    /// What somebody calls the file.
    pub source: &'a str,
    /// Who stages it.
    pub who: &'a str,
    /// The archive.
    pub zip: &'a [u8],
}

impl Rulebook {
    /// Unpacks an archive beside the rules and compares it with those in force. With it comes the
    /// engine for the trial on the past: of the rules that are new or others.
    pub fn stage(
        &self,
        new: &NewImport<'_>,
        now: Time,
    ) -> Result<std::result::Result<(Arc<Import>, Engine), Refused>> {
        if !is_pack_name(new.pack) {
            let reason = "a pack's name has 1 to 64 small letters, digits and -";
            return Ok(Err(Refused::BadImport(reason.to_owned())));
        }
        // One after the other: each may take as much memory as an archive may unpack to.
        let _changing = refuse!(self.change(now)?);
        if lock(&self.staged).len() >= self.limits.imports {
            return Ok(Err(Refused::TooManyImports));
        }
        let unpacked = match archive::unzip(new.zip, &self.limits) {
            Ok(unpacked) => unpacked,
            Err(reason) => return Ok(Err(Refused::BadImport(reason))),
        };
        let (unpacked, filters) = without_filters(unpacked, &self.limits);
        let rule_files = unpacked.iter().filter(|file| is_rule(&file.path)).count();
        if rule_files == 0 {
            let reason = "the archive has no rule file (*.yml, *.yaml)".to_owned();
            return Ok(Err(Refused::BadImport(reason)));
        }
        let folder = self.dir.join("staging").join(&new.id);
        if let Err(error) = write_pack(&folder.join("pack"), &unpacked) {
            packs::remove(&folder)?;
            let reason = archive::cannot_unpack("a file", &error.to_string());
            return Ok(Err(Refused::BadImport(reason)));
        }
        let (before, packs) = (self.current(), files::print_of_packs(&self.dir));
        let mut loaded = self.load_with(new.pack, &unpacked, now)?;
        let mut compared = compare(
            &before,
            &loaded.book,
            new.pack,
            &self.pack_folder(new.pack),
            &self.shipped_ids,
        );
        compared.refused += filters.len();
        compared.problems.extend(filters);
        let engine = engine_of(&mut loaded.set, &compared);
        let import = Arc::new(Import {
            id: new.id.clone(),
            pack: new.pack.to_owned(),
            source: new.source.to_owned(),
            who: new.who.to_owned(),
            at: now,
            packs,
            sha256: Sha256::digest(new.zip)
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
            files: rule_files,
            compared,
            trial: Mutex::new(Trial::default()),
            stop: AtomicBool::new(false),
            folder,
        });
        lock(&self.staged).push(Arc::clone(&import));
        Ok(Ok((import, engine)))
    }

    /// An import that is not in force yet.
    pub fn import(&self, id: &str) -> Option<Arc<Import>> {
        let staged = lock(&self.staged);
        staged.iter().find(|import| import.id == id).cloned()
    }

    /// All imports that are not in force yet, the newest first.
    pub fn imports(&self) -> Vec<Arc<Import>> {
        lock(&self.staged).iter().rev().cloned().collect()
    }

    /// Throws an import away. Whether there was one.
    pub fn discard(&self, id: &str) -> Result<bool> {
        let _changing = lock(&self.changing);
        self.forget(id)
    }

    fn forget(&self, id: &str) -> Result<bool> {
        let mut staged = lock(&self.staged);
        let Some(place) = staged.iter().position(|import| import.id == id) else {
            return Ok(false);
        };
        let import = staged.remove(place);
        drop(staged);
        import.stop();
        packs::remove(&import.folder)?;
        Ok(true)
    }

    /// Ends all trials early: the program stops.
    pub fn stop_trials(&self) {
        lock(&self.staged).iter().for_each(|import| import.stop());
    }

    /// Puts an import in force; the rules named raise no alerts, with the reason given for each.
    pub fn apply(
        &self,
        id: &str,
        off: &[(Text, String)],
        who: &str,
        now: Time,
    ) -> Result<std::result::Result<Arc<Import>, Refused>> {
        let _changing = refuse!(self.change(now)?);
        let Some(import) = self.import(id) else {
            return Ok(Err(Refused::NoImport));
        };
        if import.packs != files::print_of_packs(&self.dir) {
            return Ok(Err(Refused::Stale));
        }
        let book = self.current();
        if let Some((rule, _)) = off.iter().find(|(rule, _)| !import.has(&book, rule)) {
            return Ok(Err(Refused::NoRuleToTurnOff(rule.to_string())));
        }
        let mut list = refuse!(self.off_on_disk()?);
        let mut packs = refuse!(self.packs_on_disk()?);
        import.stop();
        for item in &import.compared.items {
            if item.change == RuleChange::Removed {
                list.set(Text::clone(&item.id), Off::default());
            }
        }
        for (rule, why) in off {
            let rule = Text::from(rule.to_lowercase());
            let mut held = list.of(&rule).cloned().unwrap_or_default();
            held.add(everywhere(why, who, now));
            list.set(rule, held);
        }
        packs.retain(|pack| pack.name != import.pack);
        packs.push(Pack {
            name: import.pack.clone(),
            source: import.source.clone(),
            sha256: import.sha256.clone(),
            imported: Some(now),
            who: who.to_owned(),
            rules: import.compared.rules,
            licenses: import.compared.licenses.clone(),
        });
        packs.sort_by(|a, b| a.name.cmp(&b.name));
        refuse!(self.off_fits(&list));
        packs::sync(&import.folder.join("pack"))?;
        let change = self.begins("import", &import.pack, who, now);
        self.keep_previous(&change)?;
        // What is to be off is so before its rules are there.
        self.write_off(&list)?;
        self.put_pack(&import.pack, Some(&import.folder.join("pack")))?;
        self.write_packs(&packs)?;
        self.reload_pack(&import.pack, now)?;
        self.forget(id)?;
        Ok(Ok(import))
    }

    /// Takes a pack out. How many rules went with it.
    pub fn remove_pack(
        &self,
        name: &str,
        who: &str,
        now: Time,
    ) -> Result<std::result::Result<usize, Refused>> {
        let _changing = refuse!(self.change(now)?);
        if !is_pack_name(name) || !self.pack_folder(name).is_dir() {
            return Ok(Err(Refused::NoPack));
        }
        let mut list = refuse!(self.off_on_disk()?);
        let mut packs = refuse!(self.packs_on_disk()?);
        let before = self.current();
        let change = self.begins("remove", name, who, now);
        self.keep_previous(&change)?;
        self.put_pack(name, None)?;
        packs.retain(|pack| pack.name != name);
        self.write_packs(&packs)?;
        self.reload_pack(name, now)?;
        let after = self.current();
        let of_pack = before
            .rows()
            .iter()
            .filter(|row| row.pack.as_deref() == Some(name));
        let gone: Vec<Text> = of_pack
            .map(|row| Text::clone(&row.info.id))
            .filter(|id| after.row(id).is_none())
            .collect();
        if gone.iter().any(|id| list.of(id).is_some()) {
            gone.iter()
                .for_each(|id| list.set(Text::clone(id), Off::default()));
            self.write_off(&list)?;
            self.reload(now)?;
        }
        Ok(Ok(gone.len()))
    }

    /// Undoes the last change of packs; done twice, it is done again.
    pub fn back(&self, who: &str, now: Time) -> Result<std::result::Result<LastChange, Refused>> {
        let _changing = refuse!(self.change(now)?);
        let Some(last) = LastChange::read(&self.dir, &self.limits) else {
            return Ok(Err(Refused::NothingBefore));
        };
        let undone = match last.what.strip_prefix("back ") {
            Some(what) => what.to_owned(),
            None => format!("back {}", last.what),
        };
        let change = LastChange {
            what: undone,
            pack: last.pack.clone(),
            who: who.to_owned(),
            at: now,
        };
        self.swap_previous(&change)?;
        self.reload_pack(&last.pack, now)?;
        Ok(Ok(last))
    }

    /// The packs with their folders, and what a step back would undo.
    pub fn packs(&self) -> Result<(Vec<Pack>, Option<LastChange>)> {
        let mut packs = self.packs_on_disk()?.unwrap_or_default();
        let book = self.current();
        let mut rules: BTreeMap<&str, usize> = BTreeMap::new();
        for pack in book.rows().iter().filter_map(|row| row.pack.as_deref()) {
            *rules.entry(pack).or_default() += 1;
        }
        packs.retain(|pack| self.pack_folder(&pack.name).is_dir());
        for pack in &mut packs {
            pack.rules = rules.remove(&*pack.name).unwrap_or(0);
        }
        packs.extend(rules.into_iter().map(|(name, rules)| Pack {
            name: name.to_owned(),
            rules,
            ..Pack::default()
        }));
        packs.sort_by(|a, b| a.name.cmp(&b.name));
        Ok((packs, LastChange::read(&self.dir, &self.limits)))
    }

    fn begins(&self, verb: &str, pack: &str, who: &str, now: Time) -> LastChange {
        LastChange {
            what: format!("{verb} {pack}"),
            pack: pack.to_owned(),
            who: who.to_owned(),
            at: now,
        }
    }

    fn packs_on_disk(&self) -> Result<std::result::Result<Vec<Pack>, Refused>> {
        let path = self.dir.join("packs.yml");
        if !path.exists() {
            return Ok(Ok(Vec::new()));
        }
        let file = files::file(&path, self.limits.file_bytes)?;
        let (packs, problems) = packs::read(&file, &self.limits);
        Ok(match problems.into_iter().find(Problem::is_error) {
            None => Ok(packs),
            Some(problem) => Err(Refused::Broken(problem.to_string())),
        })
    }

    fn write_packs(&self, packs: &[Pack]) -> Result<()> {
        write_atomically(&self.dir.join("packs.yml"), packs::write(packs).as_bytes())
    }

    /// Everything as it would be with another pack in the place of that of its name, and nothing off.
    fn load_with(&self, pack: &str, unpacked: &[PackFile], now: Time) -> Result<Loaded> {
        let folder = self.pack_folder(pack);
        // What comes new is looked at as it is.
        let kept = lock(&self.held).kept.without(&folder);
        let mut disk = Disk::read(&self.dir, self.limits.file_bytes, &kept)?;
        disk.off = None;
        disk.packs.remove(pack);
        let of_rules = unpacked.iter().filter(|file| is_rule(&file.path));
        let rules: Vec<RuleFile> = of_rules
            .map(|file| RuleFile {
                origin: Origin::Local,
                path: folder.join(&file.path).display().to_string(),
                text: String::from_utf8_lossy(&file.bytes).into_owned(),
            })
            .collect();
        disk.packs.insert(pack.to_owned(), rules);
        disk.licences.remove(pack);
        if let Some(licence) = packs::licence_of(unpacked) {
            disk.licences.insert(pack.to_owned(), licence);
        }
        Ok(book::load(self.ground(&kept, now), disk))
    }

    /// Loads everything after a change of a pack, whose files are taken as they are: what of them
    /// cannot be used was shown before.
    fn reload_pack(&self, pack: &str, now: Time) -> Result<()> {
        let mut held = lock(&self.held);
        held.kept = Arc::new(held.kept.without(&self.pack_folder(pack)));
        drop(held);
        self.reload(now)
    }
}

fn everywhere(why: &str, who: &str, now: Time) -> OffEntry {
    OffEntry {
        everywhere: true,
        sites: Vec::new(),
        who: who.to_owned(),
        at: now,
        why: why.to_owned(),
    }
}

fn write_pack(folder: &Path, files: &[PackFile]) -> Result<()> {
    make(folder)?;
    for file in files {
        let path = folder.join(&file.path);
        if let Some(parent) = path.parent() {
            make(parent)?;
        }
        std::fs::write(&path, &file.bytes).map_err(|error| Error::io("write", &path, error))?;
    }
    Ok(())
}
