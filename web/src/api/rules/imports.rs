//! Imports of rules: an archive is staged, compared and tried on the past, then put in force or thrown
//! away.
//!
//! Rules hold for all sites: who may import sees all of them.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query as Params, State};
use axum::http::StatusCode;
use engine::reader::{Permission, Scope};
use engine::rules::{self, NewImport, RuleChange, Trial, TrialOptions, try_on};
use event::Text;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::exceptions::random_id;
use super::shown::count;
use super::{MAX_TEXT_CHARS, refused, short};
use crate::api::health::RuleProblem;
use crate::api::words;
use crate::app::App;
use crate::auth::SignedIn;
use crate::error::{ApiError, Failure, blocking};

/// Rules that one import may turn off.
const MAX_OFF: usize = 50_000;

/// What an archive is called.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportParams {
    /// The pack: 1 to 64 small letters, digits and -.
    name: String,
    /// The file that it was, for people.
    source: Option<String>,
}

/// An import that is not in force yet.
#[derive(Serialize, ToSchema)]
pub(crate) struct Import {
    id: String,
    pack: String,
    source: String,
    /// Who staged it.
    who: String,
    at: String,
    /// Rule files.
    files: u64,
    counts: ImportCounts,
    licenses: Vec<RuleLicense>,
    /// What cannot be used, at most the first 200.
    refused: Vec<RuleProblem>,
    preview: ImportPreview,
    /// The rules that change.
    items: Vec<ImportItem>,
}

/// An import in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImportRow {
    id: String,
    pack: String,
    source: String,
    /// Who staged it.
    who: String,
    at: String,
    counts: ImportCounts,
    #[schema(value_type = words::PreviewState)]
    state: String,
}

/// The imports that are not in force yet, the newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImportList {
    items: Vec<ImportRow>,
}

/// Rules by what becomes of them.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImportCounts {
    added: u64,
    changed: u64,
    removed: u64,
    unchanged: u64,
    refused: u64,
    /// Of those that are added or changed: rules that take the place of shipped ones.
    shipped: u64,
}

/// How many rules are under a licence.
#[derive(Serialize, ToSchema)]
pub(crate) struct RuleLicense {
    /// Empty: nothing says under which.
    name: String,
    rules: u64,
}

/// How the trial on the past is.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImportPreview {
    #[schema(value_type = words::PreviewState)]
    state: String,
    /// The days that were asked for.
    days: u64,
    /// Everything from here on was looked at; null: nothing was.
    #[schema(required)]
    from: Option<String>,
    /// Events that were looked at.
    events: u64,
    /// Whether all of the days were looked at.
    complete: bool,
}

/// A rule that an import changes.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImportItem {
    id: String,
    title: String,
    #[schema(value_type = words::Level)]
    level: String,
    #[schema(value_type = words::RuleChange)]
    change: String,
    /// It takes the place of a rule that is shipped.
    shipped: bool,
    /// Alerts that it would have raised.
    alerts: u64,
    per_day: f64,
    /// More a day than the configuration calls bearable.
    noisy: bool,
}

/// How an import is put in force.
#[derive(Deserialize, Serialize, ToSchema)]
pub(crate) struct ImportApply {
    /// Rules that raise no alerts for now.
    off: Vec<String>,
    /// For those who read it later.
    why: String,
}

/// Stage an archive (zip) of rules and try it on the past.
#[utoipa::path(post, path = "/api/v1/rules/imports", operation_id = "imports_begin", tag = "rules",
    params(ImportParams), request_body(content = words::RuleArchive, content_type = "application/zip"),
    responses((status = 201, body = Import), (status = 403, body = ApiError),
        (status = 413, body = ApiError), (status = 422, body = ApiError)))]
pub(in crate::api) async fn begin(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Params(params): Params<ImportParams>,
    archive: Bytes,
) -> Result<(StatusCode, Json<Import>), Failure> {
    may_import(&signed_in)?;
    let source = params.source.unwrap_or_else(|| params.name.clone());
    short(&source)?;
    let id = random_id()?;
    let options = app.options.trial;
    let staged = blocking(move || {
        let now = app.now();
        let new = NewImport {
            id,
            pack: &params.name,
            source: &source,
            who: &signed_in.reader.user,
            zip: &archive,
        };
        let staged = app.rules.stage(&new, now)?;
        let Ok((import, engine)) = staged else {
            return Ok(staged.map(|(import, _)| import));
        };
        let detail = json!({
            "source": source, "sha256": import.sha256, "import": import.id, "rules": import.compared.rules,
        });
        let who = &signed_in.reader.user;
        app.store
            .audit(now, who, "rules.stage", &import.pack, &detail)?;
        let (tried, searcher) = (Arc::clone(&import), app.searcher.clone());
        tokio::task::spawn_blocking(move || try_on(&tried, engine, &searcher, options, now));
        Ok(Ok(import))
    });
    let import = staged.await?.map_err(refused)?;
    Ok((StatusCode::CREATED, Json(Import::of(&import, options))))
}

/// The imports that are not in force yet.
#[utoipa::path(get, path = "/api/v1/rules/imports", operation_id = "imports_list", tag = "rules",
    responses((status = 200, body = ImportList), (status = 403, body = ApiError)))]
pub(in crate::api) async fn list(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
) -> Result<Json<ImportList>, Failure> {
    may_import(&signed_in)?;
    let imports = app.rules.imports();
    Ok(Json(ImportList {
        items: imports.iter().map(|import| ImportRow::of(import)).collect(),
    }))
}

/// An import that is not in force yet, with how far its trial is.
#[utoipa::path(get, path = "/api/v1/rules/imports/{id}", operation_id = "imports_one", tag = "rules",
    params(("id" = String, Path, description = "the import's id")),
    responses((status = 200, body = Import), (status = 403, body = ApiError),
        (status = 404, body = ApiError)))]
pub(in crate::api) async fn one(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Json<Import>, Failure> {
    may_import(&signed_in)?;
    let import = app.rules.import(&id).ok_or(Failure::NotFound("import"))?;
    Ok(Json(Import::of(&import, app.options.trial)))
}

/// Throw an import away.
#[utoipa::path(delete, path = "/api/v1/rules/imports/{id}", operation_id = "imports_discard", tag = "rules",
    params(("id" = String, Path, description = "the import's id")),
    responses((status = 204), (status = 403, body = ApiError), (status = 404, body = ApiError)))]
pub(in crate::api) async fn discard(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    may_import(&signed_in)?;
    let done = blocking(move || {
        let Some(import) = app.rules.import(&id) else {
            return Ok(false);
        };
        let gone = app.rules.discard(&id)?;
        if gone {
            let (who, now) = (&signed_in.reader.user, app.now());
            let detail = json!({ "source": import.source, "import": id });
            app.store
                .audit(now, who, "rules.discard", &import.pack, &detail)?;
        }
        Ok(gone)
    });
    if done.await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Failure::NotFound("import"))
    }
}

/// Put an import in force.
#[utoipa::path(post, path = "/api/v1/rules/imports/{id}/apply", operation_id = "imports_apply", tag = "rules",
    params(("id" = String, Path, description = "the import's id")), request_body = ImportApply,
    responses((status = 204), (status = 403, body = ApiError), (status = 404, body = ApiError),
        (status = 409, body = ApiError), (status = 422, body = ApiError)))]
pub(in crate::api) async fn apply(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Json(asked): Json<ImportApply>,
) -> Result<StatusCode, Failure> {
    may_import(&signed_in)?;
    short(&asked.why)?;
    if asked.off.len() > MAX_OFF || asked.off.iter().any(|rule| rule.len() > MAX_TEXT_CHARS) {
        return Err(Failure::Unprocessable(
            "too_many",
            "too many rules to turn off",
        ));
    }
    let done = blocking(move || {
        let (who, now) = (&signed_in.reader.user, app.now());
        let trial = app.rules.import(&id).map(|import| import.trial());
        let off: Vec<(Text, String)> = asked
            .off
            .iter()
            .map(|rule| (Text::from(&**rule), noise(rule, trial.as_ref(), &asked.why)))
            .collect();
        let done = app.rules.apply(&id, &off, who, now)?;
        if let Ok(import) = &done {
            let detail = json!({
                "source": import.source, "sha256": import.sha256, "rules": import.compared.rules,
                "off": asked.off, "why": asked.why,
            });
            app.store
                .audit(now, who, "rules.import", &import.pack, &detail)?;
        }
        Ok(done)
    });
    done.await?.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) fn may_import(signed_in: &SignedIn) -> Result<(), Failure> {
    signed_in.must(Permission::RulesWrite)?;
    match signed_in.reader.scope {
        Scope::All => Ok(()),
        Scope::Sites(_) => Err(Failure::Forbidden(
            "rules hold for all sites; only who sees all of them imports rules",
        )),
    }
}

/// An import as the API shows it, for a command that works on a folder that nobody serves.
pub fn import_json(import: &rules::Import, options: TrialOptions) -> serde_json::Value {
    serde_json::to_value(Import::of(import, options)).unwrap_or_default()
}

/// Why a rule is off, with how noisy the trial found it.
pub fn noise(rule: &str, trial: Option<&Trial>, why: &str) -> String {
    let (alerts, per_day) = trial.map_or((0, 0.0), |trial| trial.of(rule));
    let noisy = (alerts > 0).then(|| format!("noisy: {per_day:.0} a day"));
    let said = Some(why.to_owned()).filter(|why| !why.trim().is_empty());
    let parts: Vec<String> = noisy.into_iter().chain(said).collect();
    parts.join("; ")
}

impl Import {
    fn of(import: &rules::Import, options: TrialOptions) -> Self {
        let (compared, trial) = (&import.compared, import.trial());
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let noisy = options.noisy as f64;
        let items = compared.items.iter().map(|item| {
            let (alerts, per_day) = trial.of(&item.id);
            ImportItem {
                id: item.id.to_string(),
                title: item.title.clone(),
                level: item.level.name().to_owned(),
                change: item.change.name().to_owned(),
                shipped: item.shipped,
                alerts,
                per_day: (per_day * 10.0).round() / 10.0,
                noisy: per_day > noisy,
            }
        });
        Self {
            id: import.id.clone(),
            pack: import.pack.clone(),
            source: import.source.clone(),
            who: import.who.clone(),
            at: import.at.to_string(),
            files: count(import.files),
            counts: ImportCounts::of(import),
            licenses: licenses(&compared.licenses),
            refused: compared.problems.iter().map(RuleProblem::of).collect(),
            preview: ImportPreview {
                state: trial.state.name().to_owned(),
                days: options.days,
                from: trial.from.map(|time| time.to_string()),
                events: trial.events,
                complete: trial.complete,
            },
            items: items.collect(),
        }
    }
}

impl ImportRow {
    fn of(import: &rules::Import) -> Self {
        Self {
            id: import.id.clone(),
            pack: import.pack.clone(),
            source: import.source.clone(),
            who: import.who.clone(),
            at: import.at.to_string(),
            counts: ImportCounts::of(import),
            state: import.trial().state.name().to_owned(),
        }
    }
}

impl ImportCounts {
    fn of(import: &rules::Import) -> Self {
        let (compared, counted) = (&import.compared, |change| count(import.count(change)));
        let shipped = compared.items.iter().filter(|item| item.shipped);
        Self {
            added: counted(RuleChange::Added),
            changed: counted(RuleChange::Changed),
            removed: counted(RuleChange::Removed),
            unchanged: count(compared.unchanged),
            refused: count(compared.refused),
            shipped: count(
                shipped
                    .filter(|item| item.change != RuleChange::Removed)
                    .count(),
            ),
        }
    }
}

pub(super) fn licenses(licenses: &[(String, usize)]) -> Vec<RuleLicense> {
    let licenses = licenses.iter().map(|(name, rules)| RuleLicense {
        name: name.clone(),
        rules: count(*rules),
    });
    licenses.collect()
}
