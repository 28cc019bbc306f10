//! Exceptions: filters that people make, each a file of its own in `sigma/exceptions`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use event::{Text, Time};
use ipnet::IpNet;

use super::{Refused, Rulebook, files, make, refuse};
use crate::error::{Error, Result};
use crate::intel::write_atomically;
use crate::reader::Scope;
use crate::rule::{Draft, Filter, FilterNotes, How, Logsource, Match, RuleFile, RuleSet};

/// The longest time that an exception may last without somebody looking at it again.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);
/// Comparisons of one exception, values of one comparison, bytes of a field and of a value: what a
/// person picks from an alert, many times over.
const MATCHES: usize = 50;
const VALUES: usize = 1_000;
const FIELD_BYTES: usize = 256;
const VALUE_BYTES: usize = 4_096;

/// What is to be left out of a rule.
#[derive(Clone, Debug)]
pub struct Exempt {
    /// The rule's id.
    pub rule: String,
    /// Only events of these sites; empty: of all.
    pub sites: Vec<Text>,
    /// All of these must hold.
    pub matches: Vec<Match>,
}

/// An exception to be made.
#[derive(Clone, Debug)]
pub struct NewException {
    /// Its id, a UUID that nothing has.
    pub id: String,
    /// What is left out.
    pub exempt: Exempt,
    /// Why.
    pub reason: String,
    /// Until when: at most 366 days ahead.
    pub expires: Time,
    /// The alert that gave rise to it.
    pub alert: Option<String>,
}

/// What to change of an exception; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct ExceptionChange {
    /// Until when it lasts.
    pub expires: Option<Time>,
    /// Why it is.
    pub reason: Option<String>,
}

/// Whether a reader sees an exception: it leaves out something at one of his sites.
pub fn is_seen(filter: &Filter, scope: &Scope) -> bool {
    let sites = &filter.notes.sites;
    sites.is_empty() || sites.iter().any(|site| scope.admits(site))
}

/// Whether a reader may say what holds at these sites; none: at all.
fn may_say(sites: &[Text], scope: &Scope) -> bool {
    match scope {
        Scope::All => true,
        Scope::Sites(_) => !sites.is_empty() && sites.iter().all(|site| scope.admits(site)),
    }
}

/// Why a rule cannot be turned off.
pub(super) fn off_too_long(most: usize) -> String {
    format!(
        "the list of what is off would be larger than {most} bytes (limits.rule.file_bytes); give shorter reasons"
    )
}

impl Rulebook {
    /// Makes an exception; it is in force when this returns.
    pub fn except(
        &self,
        scope: &Scope,
        new: &NewException,
        who: &str,
        now: Time,
    ) -> Result<std::result::Result<Filter, Refused>> {
        let changing = refuse!(self.change(now)?);
        let book = self.current();
        let Exempt {
            rule,
            sites,
            matches,
        } = &new.exempt;
        refuse!(check(&new.exempt, scope));
        refuse!(check_end(new.expires, now));
        let folder = self.exceptions_folder();
        let own = |filter: &&Filter| Path::new(&filter.file).starts_with(&folder);
        if book.filters().iter().filter(own).count() >= self.exceptions {
            return Ok(Err(Refused::TooManyExceptions(self.exceptions)));
        }
        let Some(row) = book.row(rule) else {
            return Ok(Err(Refused::NoRule));
        };
        let rules = book.looked_at(row);
        let notes = FilterNotes {
            owner: who.to_owned(),
            reason: new.reason.clone(),
            created: Some(now),
            expires: Some(new.expires),
            alert: new.alert.clone(),
            rule: row.info.correlation.then(|| Text::clone(&row.info.id)),
            sites: sites.clone(),
        };
        let text = Draft {
            id: &new.id,
            title: &format!("Exception: {}", row.info.title),
            logsource: &book.common_logsource(&rules),
            rules: &rules,
            matches,
            notes: &notes,
        }
        .write();
        refuse!(self.reads_as(&text, matches));
        make(&folder)?;
        write_atomically(&folder.join(format!("{}.yml", new.id)), text.as_bytes())?;
        self.reload(now)?;
        drop(changing);
        let book = self.current();
        Ok(book.filter(&new.id).cloned().ok_or(Refused::NoException))
    }

    /// Changes the end or the reason of an exception. As it was before.
    pub fn change_exception(
        &self,
        scope: &Scope,
        id: &str,
        change: &ExceptionChange,
        now: Time,
    ) -> Result<std::result::Result<Filter, Refused>> {
        let _changing = refuse!(self.change(now)?);
        let (path, filter) = refuse!(self.own_exception(scope, id)?);
        let Some(matches) = &filter.matches else {
            return Ok(Err(Refused::ByHand(filter.file)));
        };
        if let Some(expires) = change.expires {
            refuse!(check_end(expires, now));
        }
        let mut notes = filter.notes.clone();
        notes.expires = change.expires.or(notes.expires);
        notes.reason = change.reason.clone().unwrap_or(notes.reason);
        let rules: Vec<Text> = filter.named.iter().map(|id| Text::from(&**id)).collect();
        let text = Draft {
            id: &filter.id,
            title: &filter.title,
            logsource: &filter.logsource,
            rules: &rules,
            matches,
            notes: &notes,
        }
        .write();
        refuse!(self.reads_as(&text, matches));
        write_atomically(&path, text.as_bytes())?;
        self.reload(now)?;
        Ok(Ok(filter))
    }

    /// Ends an exception: its file goes. As it was before.
    pub fn end_exception(
        &self,
        scope: &Scope,
        id: &str,
        now: Time,
    ) -> Result<std::result::Result<Filter, Refused>> {
        let _changing = refuse!(self.change(now)?);
        let (path, filter) = refuse!(self.own_exception(scope, id)?);
        std::fs::remove_file(&path).map_err(|error| Error::io("remove", &path, error))?;
        self.reload(now)?;
        Ok(Ok(filter))
    }

    fn exceptions_folder(&self) -> PathBuf {
        self.dir.join("sigma/exceptions")
    }

    /// An exception that the reader may change, alone in a file of the exceptions' folder.
    fn own_exception(
        &self,
        scope: &Scope,
        id: &str,
    ) -> Result<std::result::Result<(PathBuf, Filter), Refused>> {
        let book = self.current();
        let Some(filter) = book.filter(id).filter(|filter| is_seen(filter, scope)) else {
            return Ok(Err(Refused::NoException));
        };
        if !may_say(&filter.notes.sites, scope) {
            return Ok(Err(Refused::NotYours));
        }
        let path = Path::new(&filter.file);
        if path.parent() != Some(&self.exceptions_folder()) {
            return Ok(Err(Refused::ByHand(filter.file.clone())));
        }
        let text = files::file(path, self.limits.file_bytes)?.text;
        if text.trim() != filter.source.trim() {
            // Other documents stand beside it.
            return Ok(Err(Refused::ByHand(filter.file.clone())));
        }
        Ok(Ok((path.to_owned(), filter.clone())))
    }

    /// What was written must say what was meant, whatever was in it.
    fn reads_as(&self, text: &str, matches: &[Match]) -> std::result::Result<(), Refused> {
        let file = RuleFile {
            origin: crate::rule::Origin::Local,
            path: String::new(),
            text: text.to_owned(),
        };
        let (set, problems) = RuleSet::load(vec![file], Vec::new(), &self.limits);
        let read = set
            .filters()
            .first()
            .and_then(|filter| filter.matches.as_deref());
        if read == Some(matches) {
            return Ok(());
        }
        let problem = problems.into_iter().find(|problem| problem.is_error());
        let reason = problem.map_or("cannot be written as a filter".to_owned(), |p| p.reason);
        Err(Refused::Bad(reason))
    }
}

impl super::Book {
    /// A filter by its id.
    pub fn filter(&self, id: &str) -> Option<&Filter> {
        let id = id.to_lowercase();
        self.filters().iter().find(|filter| *filter.id == *id)
    }

    /// What the log sources of rules have in common: a filter for it is for all of them.
    pub(super) fn common_logsource(&self, rules: &[Text]) -> Logsource {
        let mut sources = rules.iter().filter_map(|id| Some(&self.row(id)?.logsource));
        let first = sources.next().cloned().unwrap_or_default();
        sources.fold(first, |common, other| common.common(other))
    }
}

fn check_end(expires: Time, now: Time) -> std::result::Result<(), Refused> {
    if expires <= now || expires > now.plus(LONGEST) {
        let reason = "an exception ends in the future, at most 366 days ahead";
        return Err(Refused::Bad(reason.to_owned()));
    }
    Ok(())
}

/// Whether a reader may ask for this, and whether it means something.
pub(super) fn check(exempt: &Exempt, scope: &Scope) -> std::result::Result<(), Refused> {
    if !may_say(&exempt.sites, scope) {
        return Err(Refused::NotYours);
    }
    let bad = |reason: String| Err(Refused::Bad(reason));
    if exempt.matches.is_empty() || exempt.matches.len() > MATCHES {
        return bad(format!("an exception has 1 to {MATCHES} comparisons"));
    }
    let mut seen = HashSet::new();
    for one in &exempt.matches {
        let field = one.field.as_str();
        let odd = |letter: char| letter == '|' || letter.is_control() || letter.is_whitespace();
        if field.is_empty() || field.len() > FIELD_BYTES || field.contains(odd) {
            return bad(format!("`{field}` is no field that a rule can name"));
        }
        if !seen.insert((field, one.how)) {
            return bad(format!(
                "`{field}` is compared twice in the same way; put the values together"
            ));
        }
        if one.values.is_empty() || one.values.len() > VALUES {
            return bad(format!("{field}: a comparison has 1 to {VALUES} values"));
        }
        for value in &one.values {
            check_value(field, one.how, value)?;
        }
    }
    Ok(())
}

fn check_value(field: &str, how: How, value: &str) -> std::result::Result<(), Refused> {
    let reason = match how {
        _ if value.len() > VALUE_BYTES => {
            format!("{field}: a value has at most {VALUE_BYTES} bytes")
        }
        How::Cidr if value.parse::<IpNet>().is_err() => {
            format!("{field}: `{value}` is no network; write 10.0.0.0/8")
        }
        How::Contains | How::StartsWith | How::EndsWith if value.is_empty() => {
            format!("{field}: every value has the empty text in it; give it a letter")
        }
        _ => return Ok(()),
    };
    Err(Refused::Bad(reason))
}
