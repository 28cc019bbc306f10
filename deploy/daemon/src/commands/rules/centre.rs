//! Whoever holds the rules: a running centre, asked through its control socket, or the data folder
//! itself when nobody holds it.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use axum::http::{Method, StatusCode};
use engine::detect::{Engine, Intel};
use engine::index::{Index, Searcher};
use engine::knowledge::KnowledgeSlot;
use engine::rule::RuleSet;
use engine::rules::{NewImport, Refused, Rulebook, TrialOptions, try_on};
use engine::store::Store;
use event::{Text, Time};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::cli::Common;
use crate::config::Config;
use crate::{DataDir, control, shipped, system_clock};

/// Who the audit trail names.
const WHO: &str = "local";

/// Whoever holds the rules.
pub(super) enum Centre {
    /// A running centre on this folder.
    Running(PathBuf),
    /// Nobody.
    Stopped(Box<Stopped>),
}

/// A data folder that this process holds.
pub(super) struct Stopped {
    book: Rulebook,
    store: Store,
    searcher: Searcher,
    trial: TrialOptions,
    now: Time,
    _data_dir: DataDir,
}

/// What became of an archive.
pub(super) enum Staged {
    /// The import, as the API shows it.
    Import(Value),
    /// It cannot be used, and why.
    Refused(String),
}

impl Centre {
    /// Whoever holds the data folder; one that is not there yet is made where `makes` says so.
    pub(super) fn open(common: &Common, config: &Config, makes: bool) -> Result<Self> {
        let dir = config.data_dir(common.data_dir.as_deref());
        if control::path(&dir).exists() && DataDir::take_existing(&dir).is_err() {
            return Ok(Self::Running(dir));
        }
        let data_dir = if makes {
            DataDir::take(&dir)?
        } else {
            DataDir::take_existing(&dir)?
        };
        let now = system_clock()();
        let slot = KnowledgeSlot::new(Engine::compile(&RuleSet::default()), Intel::default());
        let limits = config.rulebook_limits();
        let rules = dir.join("rules");
        let book = Rulebook::open(rules, shipped::rulebook(), limits, slot, now)?;
        let searcher = Searcher::default();
        drop(Index::open(
            &dir.join("index"),
            config.index_options(),
            &searcher,
        )?);
        Ok(Self::Stopped(Box::new(Stopped {
            book,
            store: Store::open(&dir.join("store.db"), |_| {})?,
            searcher,
            trial: config.rules.trial,
            now,
            _data_dir: data_dir,
        })))
    }

    /// Stages an archive; its trial goes on, or is over.
    pub(super) async fn begin(&self, pack: &str, source: &str, zip: Vec<u8>) -> Result<Staged> {
        match self {
            Self::Running(dir) => {
                let path = format!(
                    "/api/v1/rules/imports?name={}&source={}",
                    utf8_percent_encode(pack, NON_ALPHANUMERIC),
                    utf8_percent_encode(source, NON_ALPHANUMERIC)
                );
                let sent = control::send(dir, Method::POST, &path, "application/zip", zip.into());
                let (status, answer) = sent.await?;
                let message = answer
                    .get("message")
                    .and_then(Value::as_str)
                    .unwrap_or("refused");
                match status {
                    StatusCode::CREATED => Ok(Staged::Import(answer)),
                    StatusCode::UNPROCESSABLE_ENTITY | StatusCode::PAYLOAD_TOO_LARGE => {
                        Ok(Staged::Refused(message.to_owned()))
                    }
                    _ => bail!("{message}"),
                }
            }
            Self::Stopped(stopped) => stopped.begin(pack, source, &zip),
        }
    }

    /// An import, as the API shows it.
    pub(super) async fn import(&self, id: &str) -> Result<Value> {
        match self {
            Self::Running(dir) => {
                let path = format!("/api/v1/rules/imports/{id}");
                control::ask(dir, Method::GET, &path, None).await
            }
            Self::Stopped(stopped) => stopped.import(id),
        }
    }

    pub(super) async fn apply(&self, id: &str, asked: &Value) -> Result<()> {
        match self {
            Self::Running(dir) => {
                let path = format!("/api/v1/rules/imports/{id}/apply");
                control::ask(dir, Method::POST, &path, Some(asked)).await?;
                Ok(())
            }
            Self::Stopped(stopped) => stopped.apply(id, asked),
        }
    }

    pub(super) async fn discard(&self, id: &str) -> Result<()> {
        match self {
            Self::Running(dir) => {
                let path = format!("/api/v1/rules/imports/{id}");
                control::ask(dir, Method::DELETE, &path, None).await?;
            }
            Self::Stopped(stopped) => {
                stopped.book.discard(id)?;
            }
        }
        Ok(())
    }

    /// What a step back would undo; null: nothing.
    pub(super) async fn last_change(&self) -> Result<Value> {
        match self {
            Self::Running(dir) => {
                let packs = control::ask(dir, Method::GET, "/api/v1/rules/packs", None).await?;
                Ok(packs.get("back").cloned().unwrap_or_default())
            }
            Self::Stopped(stopped) => {
                let (_, last) = stopped.book.packs()?;
                let shown = last.map(
                    |last| json!({ "what": last.what, "who": last.who, "at": last.at.to_string() }),
                );
                Ok(shown.unwrap_or_default())
            }
        }
    }

    pub(super) async fn back(&self) -> Result<()> {
        match self {
            Self::Running(dir) => {
                let why = json!({ "why": "" });
                control::ask(dir, Method::POST, "/api/v1/rules/back", Some(&why)).await?;
                Ok(())
            }
            Self::Stopped(stopped) => {
                let last = stopped.book.back(WHO, stopped.now)?.map_err(refused)?;
                stopped.audit("rules.back", "packs", &json!({ "what": last.what }))
            }
        }
    }
}

impl Stopped {
    fn begin(&self, pack: &str, source: &str, zip: &[u8]) -> Result<Staged> {
        let id = format!("{:016x}", getrandom::u64().context("no random numbers")?);
        let new = NewImport {
            id,
            pack,
            source,
            who: WHO,
            zip,
        };
        match self.book.stage(&new, self.now)? {
            Err(Refused::BadImport(reason)) => Ok(Staged::Refused(reason)),
            Err(other) => Err(refused(other)),
            Ok((import, engine)) => {
                try_on(&import, engine, &self.searcher, self.trial, self.now);
                Ok(Staged::Import(web::import_json(&import, self.trial)))
            }
        }
    }

    fn import(&self, id: &str) -> Result<Value> {
        let import = self.book.import(id).context("the import is gone")?;
        Ok(web::import_json(&import, self.trial))
    }

    fn apply(&self, id: &str, asked: &Value) -> Result<()> {
        let trial = self.book.import(id).map(|import| import.trial());
        let off = asked.get("off").and_then(Value::as_array);
        let off: Vec<(Text, String)> = off
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(|rule| (Text::from(rule), web::noise(rule, trial.as_ref(), "")))
            .collect();
        let applied = self.book.apply(id, &off, WHO, self.now)?;
        let import = applied.map_err(refused)?;
        let detail = json!({
            "source": import.source, "sha256": import.sha256, "rules": import.compared.rules,
            "off": asked.get("off"),
        });
        self.audit("rules.import", &import.pack, &detail)
    }

    fn audit(&self, action: &str, target: &str, detail: &Value) -> Result<()> {
        Ok(self.store.audit(self.now, WHO, action, target, detail)?)
    }
}

fn refused(refused: Refused) -> anyhow::Error {
    anyhow::anyhow!(match refused {
        Refused::NothingBefore => "there is nothing before the rules of today".to_owned(),
        Refused::Broken(problem) => format!("mend this first: {problem}"),
        Refused::Stale =>
            "the packs have changed since the import was compared; import it again".to_owned(),
        Refused::NoRuleToTurnOff(rule) => format!("{rule} is no rule that could be off"),
        other => format!("refused: {other:?}"),
    })
}
