//! Rules as the API shows them, cut to the reader's sites.

use engine::reader::Scope;
use engine::rule;
use engine::rules::BookRow;
use engine::store::RuleAlerts;
use event::Text;
use serde::Serialize;
use utoipa::ToSchema;

use super::exceptions::Exception;
use crate::api::health::RuleProblem;
use crate::api::rule::RuleRef;
use crate::api::words;

/// What every view of a rule shows.
#[derive(Serialize, ToSchema)]
pub(crate) struct RuleCommon {
    #[serde(flatten)]
    rule: RuleRef,
    /// stable, test, experimental …; empty when the rule says none.
    status: String,
    /// What it says itself, else that of its pack; empty: nothing says it.
    license: String,
    #[schema(value_type = words::RuleOrigin)]
    origin: String,
    /// The pack that it came with.
    #[schema(required)]
    pack: Option<String>,
    file: String,
    correlation: bool,
    logsource: RuleLogsource,
    /// Where it raises no alerts, as far as the reader sees it.
    #[schema(required)]
    off: Option<RuleOff>,
    /// Alerts of the last 7 days at the reader's sites.
    alerts: u64,
    /// The time of the latest event of an alert.
    #[schema(required)]
    last_alert: Option<String>,
}

/// A rule in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct RuleRow {
    #[serde(flatten)]
    pub(super) common: RuleCommon,
    /// Exceptions in force.
    pub(super) exceptions: u64,
}

/// What a rule is written for.
#[derive(Serialize, ToSchema)]
pub(crate) struct RuleLogsource {
    #[schema(required)]
    category: Option<String>,
    #[schema(required)]
    product: Option<String>,
    #[schema(required)]
    service: Option<String>,
}

/// Where a rule raises no alerts.
#[derive(Serialize, ToSchema)]
pub(crate) struct RuleOff {
    everywhere: bool,
    sites: Vec<String>,
    /// Who said so of which of these, in the order in which it was said.
    entries: Vec<RuleOffEntry>,
}

/// Places of which one person said at one moment that a rule is off there.
#[derive(Serialize, ToSchema)]
pub(crate) struct RuleOffEntry {
    everywhere: bool,
    sites: Vec<String>,
    who: String,
    at: String,
    why: String,
}

/// A page of rules.
#[derive(Serialize, ToSchema)]
pub(crate) struct RulePage {
    pub(super) items: Vec<RuleRow>,
    #[schema(required)]
    pub(super) next: Option<String>,
    pub(super) total: u64,
    /// Files that cost only themselves, at most 200.
    pub(super) problems: Vec<RuleProblem>,
}

/// A rule with everything that is known of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Rule {
    #[serde(flatten)]
    pub(super) common: RuleCommon,
    pub(super) description: String,
    pub(super) references: Vec<String>,
    pub(super) falsepositives: Vec<String>,
    /// The rule's YAML.
    pub(super) source: String,
    /// The rules that a correlation counts, by id.
    pub(super) rules: Vec<String>,
    /// The correlations that count it, by id.
    pub(super) used_by: Vec<String>,
    /// What leaves events out of it, also what has expired.
    pub(super) exceptions: Vec<Exception>,
}

/// What of ATT&CK the rules cover.
#[derive(Serialize, ToSchema)]
pub(crate) struct RuleCoverage {
    rules: u64,
    untagged: u64,
    tactics: Vec<RuleTactic>,
}

/// A tactic, in the order of an attack.
#[derive(Serialize, ToSchema)]
pub(crate) struct RuleTactic {
    tactic: String,
    rules: u64,
    techniques: Vec<RuleTechnique>,
}

/// A technique under a tactic.
#[derive(Serialize, ToSchema)]
pub(crate) struct RuleTechnique {
    technique: String,
    rules: u64,
    /// Its rules that are off everywhere.
    off: u64,
    /// Alerts of the last 7 days at the reader's sites.
    alerts: u64,
}

impl RuleOff {
    /// As a reader sees it: what is off at sites of others is not off for him.
    /// Who said why of them is not his to read.
    pub(super) fn of(off: &rule::Off, scope: &Scope) -> Option<Self> {
        let entries = off.entries().iter().map(|entry| RuleOffEntry {
            everywhere: entry.everywhere,
            sites: seen(&entry.sites, scope),
            who: entry.who.clone(),
            at: entry.at.to_string(),
            why: entry.why.clone(),
        });
        let is_seen = |entry: &RuleOffEntry| entry.everywhere || !entry.sites.is_empty();
        let entries: Vec<RuleOffEntry> = entries.filter(is_seen).collect();
        let sites = entries.iter().flat_map(|entry| entry.sites.clone());
        let sites: Vec<String> = sites.collect();
        (!entries.is_empty()).then_some(Self {
            everywhere: off.is_everywhere(),
            sites,
            entries,
        })
    }

    /// Whether the rule is off everywhere.
    pub(super) fn is_everywhere(&self) -> bool {
        self.everywhere
    }
}

/// The sites that a reader sees.
pub(super) fn seen(sites: &[Text], scope: &Scope) -> Vec<String> {
    let own = sites.iter().filter(|site| scope.admits(site));
    own.map(ToString::to_string).collect()
}

impl RuleCommon {
    pub(super) fn of(row: &BookRow, alerts: RuleAlerts, scope: &Scope) -> Self {
        let info = &row.info;
        let part = |name: &str| row.logsource(name).map(str::to_owned);
        Self {
            rule: RuleRef::of_info(info),
            status: info.status.clone().unwrap_or_default(),
            license: row.license.clone().unwrap_or_default(),
            origin: info.origin.name().to_owned(),
            pack: row.pack.clone(),
            file: info.file.clone(),
            correlation: info.correlation,
            logsource: RuleLogsource {
                category: part("category"),
                product: part("product"),
                service: part("service"),
            },
            off: row.off.as_ref().and_then(|off| RuleOff::of(off, scope)),
            alerts: alerts.recent,
            last_alert: alerts.last.map(|time| time.to_string()),
        }
    }
}

impl Rule {
    pub(super) fn of(row: &BookRow, common: RuleCommon, exceptions: Vec<Exception>) -> Self {
        let info = &row.info;
        let ids = |ids: &[Text]| ids.iter().map(ToString::to_string).collect();
        Self {
            common,
            description: info.description.clone().unwrap_or_default(),
            references: info.references.clone(),
            falsepositives: info.falsepositives.clone(),
            source: info.source.clone(),
            rules: ids(&info.rules),
            used_by: ids(&row.used_by),
            exceptions,
        }
    }
}

impl RuleCoverage {
    pub(super) fn of(coverage: rule::Coverage) -> Self {
        let tactics = coverage.tactics.into_iter().map(|tactic| RuleTactic {
            tactic: tactic.name,
            rules: count(tactic.rules),
            techniques: tactic
                .techniques
                .into_iter()
                .map(|(name, technique)| RuleTechnique {
                    technique: name,
                    rules: count(technique.rules),
                    off: count(technique.off),
                    alerts: technique.alerts,
                })
                .collect(),
        });
        Self {
            rules: count(coverage.rules),
            untagged: count(coverage.untagged),
            tactics: tactics.collect(),
        }
    }
}

pub(super) fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
