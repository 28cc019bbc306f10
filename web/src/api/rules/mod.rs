//! Rules: which there are, what they raised, where they are off.

#![allow(unused_qualifications, reason = "utoipa names parameter types in full")]

pub(super) mod exceptions;
pub(super) mod imports;
pub(super) mod packs;
mod shown;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, Query as Params, State};
use axum::http::StatusCode;
use engine::reader::{Permission, Reader, Scope};
use engine::rule::{Coverage, Level, Origin, Tagged};
use engine::rules::{Book, BookRow, OffChange, Refused, is_seen};
use engine::store::RuleAlerts;
use event::{Text, Time};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::health::RuleProblem;
use super::words;
use crate::app::App;
use crate::auth::SignedIn;
use crate::error::{ApiError, Failure, blocking};
use exceptions::Exception;
use shown::{Rule, RuleCommon, RuleCoverage, RuleOff, RulePage, RuleRow};

/// Rules on a page.
const MAX_LIMIT: usize = 500;
/// The longest reason, in characters.
const MAX_TEXT_CHARS: usize = 500;
/// The days whose alerts are counted.
const DAYS: u64 = 7;

/// Which rules.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RuleParams {
    /// A part of title, id, description, author, tags or file.
    text: Option<String>,
    #[param(value_type = Option<words::Level>)]
    level: Option<String>,
    /// Of this pack.
    pack: Option<String>,
    #[param(value_type = Option<words::RuleOrigin>)]
    origin: Option<String>,
    /// on, off (everywhere) or partly (at some sites).
    #[param(value_type = Option<words::RuleState>)]
    state: Option<String>,
    /// A whole tag.
    tag: Option<String>,
    cursor: Option<String>,
    /// 1 to 500; 100 without it.
    limit: Option<usize>,
}

/// Where a rule shall raise no alerts.
#[derive(Deserialize, Serialize, ToSchema)]
pub(crate) struct RuleOffChange {
    everywhere: bool,
    /// Leaves of the site tree. With neither, the rule is on.
    sites: Vec<String>,
    /// For those who read it later.
    why: String,
}

/// Every rule, the worst first, page by page.
#[utoipa::path(get, path = "/api/v1/rules", operation_id = "rules_list", tag = "rules", params(RuleParams),
    responses((status = 200, body = RulePage), (status = 400, body = ApiError)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Params(params): Params<RuleParams>,
) -> Result<Json<RulePage>, Failure> {
    signed_in.must(Permission::RulesRead)?;
    let wanted = Wanted::read(&params)?;
    let limit = params.limit.unwrap_or(100).clamp(1, MAX_LIMIT);
    let seen = Seen::look(&app, signed_in.reader).await?;
    let rows = seen.book.rows();
    let first = match &params.cursor {
        None => 0,
        Some(last) => {
            let place = rows.iter().position(|row| *row.info.id == **last);
            let unknown = || Failure::BadRequest("cursor is not the next of a page".to_owned());
            place.ok_or_else(unknown)? + 1
        }
    };
    let chosen = |row: &&BookRow| wanted.wants(row, &seen.reader.scope);
    let total = rows.iter().filter(chosen).count();
    let behind = rows.get(first..).unwrap_or_default();
    let mut page: Vec<&BookRow> = behind.iter().filter(chosen).take(limit + 1).collect();
    let more = page.len() > limit;
    page.truncate(limit);
    let next = page
        .last()
        .filter(|_| more)
        .map(|row| row.info.id.to_string());
    Ok(Json(RulePage {
        items: page.into_iter().map(|row| seen.row(row)).collect(),
        next,
        total: shown::count(total),
        problems: RuleProblem::all(&seen.book),
    }))
}

/// What of ATT&CK the rules cover.
#[utoipa::path(get, path = "/api/v1/rules/attack", operation_id = "rules_attack", tag = "rules",
    responses((status = 200, body = RuleCoverage), (status = 403, body = ApiError)))]
pub(super) async fn attack(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
) -> Result<Json<RuleCoverage>, Failure> {
    signed_in.must(Permission::RulesRead)?;
    let seen = Seen::look(&app, signed_in.reader).await?;
    let rules = seen.book.rows().iter().map(|row| Tagged {
        tags: &row.info.tags,
        off: row
            .off
            .as_ref()
            .is_some_and(engine::rule::Off::is_everywhere),
        alerts: seen.alerts(row).recent,
    });
    Ok(Json(RuleCoverage::of(Coverage::of(rules))))
}

/// One rule.
#[utoipa::path(get, path = "/api/v1/rules/{id}", operation_id = "rules_one", tag = "rules",
    params(("id" = String, Path, description = "the rule's id")),
    responses((status = 200, body = Rule), (status = 404, body = ApiError)))]
pub(super) async fn one(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Json<Rule>, Failure> {
    signed_in.must(Permission::RulesRead)?;
    let seen = Seen::look(&app, signed_in.reader).await?;
    let row = seen.book.row(&id).ok_or(Failure::NotFound("rule"))?;
    Ok(Json(seen.rule(row)))
}

/// Turn a rule off, everywhere or at sites, or on again. Who does not see all sites says it for his
/// own; what others said of theirs stays.
#[utoipa::path(put, path = "/api/v1/rules/{id}/off", operation_id = "rules_turn_off", tag = "rules",
    params(("id" = String, Path, description = "the rule's id")), request_body = RuleOffChange,
    responses((status = 204), (status = 403, body = ApiError), (status = 404, body = ApiError),
        (status = 422, body = ApiError)))]
pub(super) async fn turn_off(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Json(change): Json<RuleOffChange>,
) -> Result<StatusCode, Failure> {
    signed_in.must(Permission::RulesTune)?;
    short(&change.why)?;
    let sites = known_sites(&app, &change.sites)?;
    let done = blocking(move || {
        let (reader, now) = (&signed_in.reader, app.now());
        let asked = OffChange {
            everywhere: change.everywhere,
            sites,
            why: change.why.clone(),
        };
        let done = app
            .rules
            .turn_off(&reader.scope, &id, asked, &reader.user, now)?;
        if let Ok(before) = &done {
            let detail = json!({
                "from": {
                    "everywhere": before.is_everywhere(),
                    "sites": before.sites().map(|site| &**site).collect::<Vec<&str>>(),
                },
                "to": change,
            });
            app.store
                .audit(now, &reader.user, "rule.off", &id.to_lowercase(), &detail)?;
        }
        Ok(done)
    });
    done.await?.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// The rules with what they raised, as a reader sees them.
struct Seen {
    book: Arc<Book>,
    reader: Reader,
    alerts: HashMap<String, RuleAlerts>,
}

impl Seen {
    async fn look(app: &Arc<App>, reader: Reader) -> Result<Self, Failure> {
        let app = Arc::clone(app);
        blocking(move || {
            let since = since(app.now());
            Ok(Self {
                book: app.rules.current(),
                alerts: app.store.alerts_by_rule(&reader, since)?,
                reader,
            })
        })
        .await
    }

    fn alerts(&self, row: &BookRow) -> RuleAlerts {
        self.alerts.get(&*row.info.id).copied().unwrap_or_default()
    }

    fn row(&self, row: &BookRow) -> RuleRow {
        RuleRow {
            common: self.common(row),
            exceptions: shown::count(exceptions::in_force(&self.book, row, &self.reader.scope)),
        }
    }

    fn rule(&self, row: &BookRow) -> Rule {
        let scope = &self.reader.scope;
        let own = self.book.filters_of(row);
        let own = own.filter(|filter| is_seen(filter, scope));
        let own = own.map(|filter| Exception::of(filter, &self.book, scope));
        Rule::of(row, self.common(row), own.collect())
    }

    fn common(&self, row: &BookRow) -> RuleCommon {
        RuleCommon::of(row, self.alerts(row), &self.reader.scope)
    }
}

/// The beginning of the days whose alerts are counted.
fn since(now: Time) -> Time {
    now.minus(Duration::from_secs(DAYS * 86_400))
}

/// What is asked of a rule to be in the list.
struct Wanted {
    text: Option<String>,
    level: Option<Level>,
    pack: Option<String>,
    origin: Option<Origin>,
    state: Option<String>,
    tag: Option<String>,
}

impl Wanted {
    fn read(params: &RuleParams) -> Result<Self, Failure> {
        let unknown = |name: &str| Failure::BadRequest(format!("{name} is none that is known"));
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let level =
            given(&params.level).map(|word| Level::from_name(&word).ok_or(unknown("level")));
        let origin = given(&params.origin).map(|word| {
            let origins = [Origin::Shipped, Origin::Local];
            let mut origins = origins.into_iter();
            origins
                .find(|origin| origin.name() == word)
                .ok_or(unknown("origin"))
        });
        let state = given(&params.state);
        if state
            .as_deref()
            .is_some_and(|word| !["on", "off", "partly"].contains(&word))
        {
            return Err(unknown("state"));
        }
        Ok(Self {
            text: given(&params.text).map(|text| text.to_lowercase()),
            level: level.transpose()?,
            pack: given(&params.pack),
            origin: origin.transpose()?,
            state,
            tag: given(&params.tag).map(|tag| tag.to_lowercase()),
        })
    }

    fn wants(&self, row: &BookRow, scope: &Scope) -> bool {
        let info = &row.info;
        let state = || match row.off.as_ref().and_then(|off| RuleOff::of(off, scope)) {
            None => "on",
            Some(off) if off.is_everywhere() => "off",
            Some(_) => "partly",
        };
        self.level.is_none_or(|level| info.level == level)
            && self.origin.is_none_or(|origin| info.origin == origin)
            && (self.pack.is_none() || self.pack == row.pack)
            && self.state.as_ref().is_none_or(|wanted| *wanted == state())
            && self
                .tag
                .as_ref()
                .is_none_or(|wanted| info.tags.iter().any(|tag| tag.to_lowercase() == *wanted))
            && self.text.as_ref().is_none_or(|text| says(row, text))
    }
}

/// Whether a rule says a text, in lower case, somewhere where people look for it.
fn says(row: &BookRow, text: &str) -> bool {
    let info = &row.info;
    let vi = info.vietnamese.as_ref();
    let places = [
        Some(&info.title),
        vi.map(|words| &words.title),
        info.description.as_ref(),
        info.author.as_ref(),
        Some(&info.file),
    ];
    let mut places = places.into_iter().flatten().chain(&info.tags);
    info.id.contains(text) || places.any(|place| place.to_lowercase().contains(text))
}

/// Sites of a request; each must be a leaf of the tree.
fn known_sites(app: &App, sites: &[String]) -> Result<Vec<Text>, Failure> {
    let known = sites.iter().map(|site| {
        if app.sites.has_leaf(site) {
            Ok(Text::from(site.as_str()))
        } else {
            Err(Failure::UnknownSite(site.clone()))
        }
    });
    known.collect()
}

fn short(text: &str) -> Result<(), Failure> {
    if text.chars().count() > MAX_TEXT_CHARS {
        return Err(Failure::Unprocessable(
            "too_long",
            "a reason has at most 500 characters",
        ));
    }
    Ok(())
}

fn refused(refused: Refused) -> Failure {
    match refused {
        Refused::NoRule => Failure::NotFound("rule"),
        Refused::NoException => Failure::NotFound("exception"),
        Refused::NoImport => Failure::NotFound("import"),
        Refused::NoPack => Failure::NotFound("pack"),
        Refused::NothingBefore => Failure::NotFound("earlier state of the packs"),
        Refused::BadImport(reason) => Failure::Unusable("bad_import", reason),
        Refused::TooManyImports => {
            Failure::Conflict("other imports wait; put them in force or throw them away first")
        }
        Refused::Stale => Failure::Conflict(
            "the import was compared with an older state of the packs; import it again",
        ),
        Refused::NoRuleToTurnOff(rule) => Failure::Unusable(
            "unknown_rule",
            format!("{rule} is no rule that could be off: neither in force nor of the import"),
        ),
        Refused::TooManyExceptions(most) => Failure::Unusable(
            "too_many_exceptions",
            format!(
                "there are {most} exceptions already (rules.exceptions); end some, expired ones too"
            ),
        ),
        Refused::Busy => Failure::Conflict("other changes of rules wait; try again in a moment"),
        Refused::Bad(reason) => Failure::Unusable("bad_exception", reason),
        Refused::ByHand(file) => Failure::ByHand(file),
        Refused::NotYours => {
            Failure::Forbidden("who does not see all sites names sites, each one of his own")
        }
        Refused::Broken(problem) => Failure::Broken(problem),
    }
}
