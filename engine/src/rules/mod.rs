//! Rules as they are kept: shipped ones and those of `data_dir/rules`, what people say of them, and
//! a running centre that takes up every change without a pause.
//!
//! A change is a file first: it is written, everything is loaded anew, compiled, and put in the slot,
//! from which the pipeline takes it between two frames. What a person changes in the folder by hand
//! goes the same way, by [`Rulebook::refresh`].

mod archive;
mod book;
mod compare;
mod exceptions;
#[cfg(test)]
mod exceptions_tests;
mod files;
#[cfg(test)]
mod imports_tests;
mod kept;
#[cfg(test)]
mod kept_tests;
mod packs;
mod preview;
mod staging;
#[cfg(test)]
mod staging_tests;
#[cfg(test)]
mod tests;
mod trial;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use event::{Text, Time};

pub use archive::{PackFile, unzip, zip_folder};
pub use book::{Book, BookRow};
pub use compare::{Compared, ImportItem, RuleChange};
pub use exceptions::{ExceptionChange, Exempt, NewException, is_seen};
pub use files::{Found, list_files, rule_files};
pub use packs::{LastChange, Pack};
pub use preview::{DAYS as PREVIEW_DAYS, ExceptionPreview};
pub use staging::{Import, NewImport, is_pack_name};
pub use trial::{Trial, TrialOptions, TrialState, try_on};

use crate::detect::Engine;
use crate::error::{Error, Result};
use crate::intel::write_atomically;
use crate::knowledge::KnowledgeSlot;
use crate::reader::Scope;
use crate::rule::{Off, OffEntry, OffList, Problem, RuleFile, RuleLimits, RuleSet, Severity};
use book::{Ground, Loaded};
use files::Disk;
use kept::Kept;

/// What is embedded in the program.
#[derive(Clone, Debug, Default)]
pub struct Shipped {
    /// Rules.
    pub rules: Vec<RuleFile>,
    /// Mappings.
    pub mappings: Vec<RuleFile>,
}

/// Why something of the rules cannot be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There is no such rule.
    NoRule,
    /// There is no such exception.
    NoException,
    /// There is no such import; it was put in force, thrown away, or staged before a restart.
    NoImport,
    /// There is no such pack.
    NoPack,
    /// There was no change of packs that could be undone.
    NothingBefore,
    /// What is asked means nothing; why.
    Bad(String),
    /// An archive cannot be used; why.
    BadImport(String),
    /// As many imports as may wait do so already.
    TooManyImports,
    /// Another state of the packs is in force than the one that the import was compared with.
    Stale,
    /// A rule that is to be off is neither in force nor in the import; its id.
    NoRuleToTurnOff(String),
    /// There are as many exceptions as there may be.
    TooManyExceptions(usize),
    /// So many changes wait for their turn that one more is not taken.
    Busy,
    /// The file is somebody's own: shipped, elsewhere, with others in it, or not of the simple form.
    ByHand(String),
    /// The reader may not say this for these sites.
    NotYours,
    /// A file that would be written anew cannot be read: nobody's work is thrown away.
    Broken(String),
}

/// Ends a change that is refused; what is not goes on with what was checked.
macro_rules! refuse {
    ($checked:expr) => {
        match $checked {
            Ok(checked) => checked,
            Err(refused) => return Ok(Err(refused)),
        }
    };
}
use refuse;

/// What somebody wants of a rule.
#[derive(Clone, Debug, Default)]
pub struct OffChange {
    /// It raises alerts nowhere.
    pub everywhere: bool,
    /// It raises none at these sites.
    pub sites: Vec<Text>,
    /// Why.
    pub why: String,
}

/// How much there may be of rules.
#[derive(Clone, Debug)]
pub struct RulebookLimits {
    /// Of files and what is in them.
    pub rule: RuleLimits,
    /// At most so many exceptions are made.
    pub exceptions: usize,
}

/// All rules.
pub struct Rulebook {
    dir: PathBuf,
    shipped: Shipped,
    /// The ids of the shipped rules.
    shipped_ids: HashSet<Text>,
    limits: RuleLimits,
    /// At most so many exceptions are made.
    exceptions: usize,
    slot: KnowledgeSlot,
    held: Mutex<Held>,
    /// Held while something is changed: one change after the other.
    changing: Mutex<()>,
    /// Changes that wait for their turn or have it.
    waiting: AtomicUsize,
    /// Imports that are not in force yet.
    staged: Mutex<Vec<Arc<Import>>>,
}

struct Held {
    book: Arc<Book>,
    /// What stands in for files that somebody breaks.
    kept: Arc<Kept>,
    /// What the folder looked like when it was read.
    print: u64,
    /// The folder could not be read since; that stands in the book.
    failed: bool,
}

/// Rules of a folder without a centre: for commands that look at them.
pub fn load(
    dir: &Path,
    shipped: &Shipped,
    limits: &RuleLimits,
    now: Time,
) -> Result<(RuleSet, Vec<Problem>)> {
    let kept = Kept::default();
    let disk = Disk::read(dir, limits.file_bytes, &kept)?;
    let ground = Ground {
        dir,
        shipped,
        limits,
        kept: &kept,
        now,
    };
    let Loaded { set, book, .. } = book::load(ground, disk);
    Ok((set, book.problems().to_vec()))
}

impl Rulebook {
    /// Loads all rules and puts them in the slot. `dir` may not be there; it is made when needed.
    pub fn open(
        dir: PathBuf,
        shipped: Shipped,
        limits: RulebookLimits,
        slot: KnowledgeSlot,
        now: Time,
    ) -> Result<Self> {
        let RulebookLimits { rule, exceptions } = limits;
        let (set, _) = RuleSet::load(shipped.rules.clone(), shipped.mappings.clone(), &rule);
        let book = Self {
            dir,
            shipped_ids: set.rules().map(|info| Text::clone(&info.id)).collect(),
            shipped,
            limits: rule,
            exceptions,
            slot,
            held: Mutex::new(Held {
                book: Arc::default(),
                kept: Arc::default(),
                print: 0,
                failed: false,
            }),
            changing: Mutex::new(()),
            waiting: AtomicUsize::new(0),
            staged: Mutex::default(),
        };
        // A change of packs may have been cut short.
        book.put_back()?;
        // What was staged before is known to nobody any more.
        packs::remove(&book.dir.join("staging"))?;
        book.reload(now)?;
        Ok(book)
    }

    /// The rules as they are now.
    pub fn current(&self) -> Arc<Book> {
        Arc::clone(&lock(&self.held).book)
    }

    /// Takes up what changed in the folder, and what has expired. Called now and then on a thread of
    /// its own; takes a second for thousands of rules, holds up nobody. Whether something changed.
    /// When the folder cannot be read the rules stay as they are, and the problem is listed.
    pub fn refresh(&self, now: Time) -> bool {
        let _changing = lock(&self.changing);
        let print = files::print(&self.dir);
        let held = lock(&self.held);
        let expired = held.book.expires.is_some_and(|end| end <= now);
        let same = held.print == print && !expired && !held.failed;
        drop(held);
        if same {
            return false;
        }
        if let Err(error) = self.reload(now) {
            let mut held = lock(&self.held);
            if !held.failed {
                held.failed = true;
                held.book = Arc::new(held.book.with_problem(stays(&self.dir, &error)));
            }
            return false;
        }
        true
    }

    /// Turns a rule off or on again, as far as a reader may: who does not see all sites says it for
    /// his own, and what others said of theirs stays. Who said why of a place where it is off already
    /// stays, too. What held before.
    pub fn turn_off(
        &self,
        scope: &Scope,
        rule: &str,
        change: OffChange,
        who: &str,
        now: Time,
    ) -> Result<std::result::Result<Off, Refused>> {
        let _changing = refuse!(self.change(now)?);
        let book = self.current();
        let Some(row) = book.row(rule) else {
            return Ok(Err(Refused::NoRule));
        };
        let may = |site: &Text| scope.admits(site);
        if *scope != Scope::All && (change.everywhere || !change.sites.iter().all(may)) {
            return Ok(Err(Refused::NotYours));
        }
        let mut list = refuse!(self.off_on_disk()?);
        let id = Text::clone(&row.info.id);
        let before = list.of(&id).cloned().unwrap_or_default();
        if *scope != Scope::All && before.is_everywhere() {
            return Ok(Err(Refused::NotYours));
        }
        let mut off = before.clone();
        off.keep(change.everywhere, |site| {
            !may(site) || change.sites.contains(site)
        });
        off.add(OffEntry {
            everywhere: change.everywhere,
            sites: change.sites,
            who: who.to_owned(),
            at: now,
            why: change.why,
        });
        if off == before {
            return Ok(Ok(before));
        }
        list.set(id, off);
        refuse!(self.off_fits(&list));
        self.write_off(&list)?;
        self.reload(now)?;
        Ok(Ok(before))
    }

    /// Begins a change: nobody else changes anything until the guard is gone, and the rules are those
    /// of the folder as it is now. Each takes a load of all rules, so only a few may wait.
    fn change(&self, now: Time) -> Result<std::result::Result<Change<'_>, Refused>> {
        const MOST: usize = 8;
        let waiting = Waiting(&self.waiting);
        if self.waiting.fetch_add(1, Ordering::AcqRel) >= MOST {
            return Ok(Err(Refused::Busy));
        }
        let changing = lock(&self.changing);
        if files::print(&self.dir) != lock(&self.held).print {
            self.reload(now)?;
        }
        Ok(Ok(Change {
            _changing: changing,
            _waiting: waiting,
        }))
    }

    /// Whether the list of what is off can be read again when it is written.
    fn off_fits(&self, list: &OffList) -> std::result::Result<(), Refused> {
        let most = self.limits.file_bytes;
        if list.write().len() > most {
            let reason = exceptions::off_too_long(most);
            return Err(Refused::Bad(reason));
        }
        Ok(())
    }

    /// What `off.yml` says now; a person may have changed it since it was loaded.
    fn off_on_disk(&self) -> Result<std::result::Result<OffList, Refused>> {
        let path = self.dir.join("off.yml");
        if !path.exists() {
            return Ok(Ok(OffList::default()));
        }
        let file = match files::file(&path, self.limits.file_bytes) {
            Ok(file) => file,
            Err(error) => return Ok(Err(Refused::Broken(error.to_string()))),
        };
        let (list, problems) = OffList::load(&file, &self.limits);
        Ok(match problems.into_iter().find(Problem::is_error) {
            None => Ok(list),
            Some(problem) => Err(Refused::Broken(problem.to_string())),
        })
    }

    fn write_off(&self, list: &OffList) -> Result<()> {
        make(&self.dir)?;
        write_atomically(&self.dir.join("off.yml"), list.write().as_bytes())
    }

    /// Loads everything anew and puts it in force.
    fn reload(&self, now: Time) -> Result<()> {
        let print = files::print(&self.dir);
        let before = Arc::clone(&lock(&self.held).kept);
        let disk = Disk::read(&self.dir, self.limits.file_bytes, &before)?;
        let Loaded { set, book, kept } = book::load(self.ground(&before, now), disk);
        self.slot.put_engine(Engine::compile(&set));
        *lock(&self.held) = Held {
            book: Arc::new(book),
            kept: Arc::new(kept),
            print,
            failed: false,
        };
        Ok(())
    }

    fn ground<'a>(&'a self, kept: &'a Kept, now: Time) -> Ground<'a> {
        Ground {
            dir: &self.dir,
            shipped: &self.shipped,
            limits: &self.limits,
            kept,
            now,
        }
    }
}

/// A change that has its turn.
struct Change<'a> {
    _changing: MutexGuard<'a, ()>,
    _waiting: Waiting<'a>,
}

/// One of those that wait for their turn or have it.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

fn stays(dir: &Path, error: &Error) -> Problem {
    let cause = match error {
        Error::Io { source, .. } => format!("{error}: {source}"),
        other => other.to_string(),
    };
    Problem {
        file: dir.display().to_string(),
        line: None,
        rule: None,
        reason: format!("{cause}; the rules stay as they were loaded last"),
        severity: Severity::Error,
    }
}

fn make(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|error| Error::io("make", folder, error))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
