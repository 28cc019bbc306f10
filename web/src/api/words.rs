//! The closed lists of words as the OpenAPI document shows them. The engine writes the words; the
//! test below holds the two together.

#![expect(
    dead_code,
    reason = "only described, never made: the engine writes the words"
)]

use utoipa::ToSchema;

/// Where a person is with an alert.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum AlertState {
    New,
    Acknowledged,
    InWork,
    Closed,
}

/// What an alert turned out to be.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum Verdict {
    TruePositive,
    Benign,
    FalsePositive,
    Undetermined,
}

/// Whether a rollout goes on.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum RolloutState {
    Running,
    Stopped,
}

/// How far a sensor is with an update.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum RolloutStep {
    Offered,
    Done,
    Failed,
}

/// Sigma's five levels.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum Level {
    Informational,
    Low,
    Medium,
    High,
    Critical,
}

/// The kind group of the event that opened an alert.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum KindGroup {
    Network,
    Flow,
    Host,
    Online,
    State,
}

/// What was done with an alert.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum AlertAction {
    Opened,
    Acknowledged,
    InWork,
    Closed,
    Reopened,
    Merged,
    Assign,
    Noted,
    Undone,
}

/// Why an alert was left as it is.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum AlertSkip {
    NotFound,
    Conflict,
    Unchanged,
    AssigneeOutside,
}

/// What a value is a name of.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum EntityKind {
    Ip,
    Host,
    User,
    Domain,
}

/// What a person is trusted with.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum Role {
    Admin,
    Analyst,
    Viewer,
}

/// What an intel entry is a value of.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum EntryKind {
    Address,
    Network,
    Domain,
    Url,
    Email,
    Md5,
    Sha1,
    Sha256,
    Ja3,
    Ja4,
}

/// Where a rule comes from.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum RuleOrigin {
    Shipped,
    Local,
}

/// How a value is compared.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub(crate) enum How {
    Is,
    Contains,
    StartsWith,
    EndsWith,
    Cidr,
}

/// A zip archive of rules.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub(crate) struct RuleArchive(Vec<u8>);

/// What becomes of a rule by an import.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum RuleChange {
    Added,
    Changed,
    Removed,
}

/// How the trial of an import is.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum PreviewState {
    Running,
    Done,
    Failed,
}

/// Whether a rule raises alerts.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum RuleState {
    On,
    Off,
    Partly,
}

/// How fresh a source is.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum Freshness {
    Fresh,
    Late,
    Stale,
    Never,
}

/// How the system is.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum HealthStatus {
    Ok,
    Degraded,
    Failing,
}

/// How bad a problem is.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum Severity {
    Warn,
    Critical,
}

/// Whether the journal accepts.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum JournalState {
    Ok,
    Full,
    Failed,
}

/// Whether the index goes on.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum IndexState {
    Starting,
    Ok,
    Stalled,
}

/// The levels of the site tree.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum SiteLevel {
    Province,
    Area,
    Unit,
    Site,
}

/// Among the first or the last of an alert's events.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum Which {
    First,
    Last,
}

/// Why not everything was looked at.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum PartialReason {
    Deadline,
    PartitionQuarantined,
}

/// What a field of events holds.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum FieldType {
    Text,
    Ip,
    Number,
    Boolean,
    Time,
}

/// Where an incident comes from.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum IncidentOrigin {
    Alert,
    Case,
    Subsystem,
    Online,
    Source,
}

/// Where people are with an incident.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum IncidentState {
    New,
    Acknowledged,
    InWork,
    Resolved,
    Closed,
}

/// What an incident was.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum IncidentCause {
    Fixed,
    FalseAlarm,
    PlannedWork,
    Duplicate,
    AcceptedRisk,
    Other,
}

/// What was done with an incident.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum IncidentAction {
    Opened,
    Reopened,
    Acknowledged,
    InWork,
    Resolved,
    Closed,
    Snoozed,
    Merged,
    Noted,
}

/// One address or many.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum AssetKind {
    Host,
    Network,
}

/// Where people are with an asset.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum AssetState {
    Proposed,
    Confirmed,
    Dismissed,
}

/// Where an asset comes from.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum AssetOrigin {
    Person,
    Csv,
    Seen,
    File,
}

/// How much depends on an asset.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum Criticality {
    Low,
    Normal,
    High,
    Critical,
}

/// What showed a host.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum SeenBy {
    Dhcp,
    Sysmon,
    Windows,
    Ntlm,
    Log,
    Traffic,
}

/// A CSV of assets. Columns: site, address, name, role, criticality, owner, contact, mac, valid_from, valid_to.
#[derive(ToSchema)]
#[schema(value_type = String)]
pub(crate) struct AssetCsv(String);

/// Where people are with a case.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum CaseState {
    New,
    InWork,
    Closed,
}

/// What was done with a case.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum CaseAction {
    Opened,
    Changed,
    AlertLinked,
    AlertUnlinked,
    NoteChanged,
    TaskAdded,
    TaskChanged,
    TaskDone,
    TaskRemoved,
    ObservableAdded,
    ObservableChanged,
    ObservableRemoved,
    EvidenceAdded,
    EventUnpinned,
    Closed,
    Reopened,
    IncidentOpened,
}

/// What an observable is a value of.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum ObservableKind {
    Ip,
    Domain,
    Url,
    Email,
    Hash,
    File,
    Host,
    User,
    Process,
    Other,
}

/// What was done with a piece of evidence.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum CustodyAction {
    Received,
    Read,
}

/// What a line of a case's timeline is.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum MomentKind {
    Event,
    Alert,
    Note,
    Action,
}

/// A file as it is.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub(crate) struct EvidenceBytes(Vec<u8>);

/// A page of HTML.
#[derive(ToSchema)]
#[schema(value_type = String)]
pub(crate) struct CaseHtml(String);

#[cfg(test)]
mod tests {
    use serde_json::Value;

    /// The words that the document has under a name.
    fn described(name: &str) -> Vec<String> {
        let document: Value = serde_json::from_str(&crate::openapi_json()).unwrap();
        let words = &document["components"]["schemas"][name]["enum"];
        serde_json::from_value(words.clone()).unwrap()
    }

    fn words(list: &[&str]) -> Vec<String> {
        list.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn the_document_has_the_words_of_cases() {
        let states = engine::store::CaseState::ALL.iter();
        let states: Vec<_> = states.map(|word| word.name()).collect();
        assert_eq!(described("CaseState"), words(&states));
        let actions = engine::store::CaseAction::ALL.iter();
        let actions: Vec<_> = actions.map(|word| word.name()).collect();
        assert_eq!(described("CaseAction"), words(&actions));
        let kinds = engine::store::ObservableKind::ALL.iter();
        let kinds: Vec<_> = kinds.map(|word| word.name()).collect();
        assert_eq!(described("ObservableKind"), words(&kinds));
        let actions = engine::store::CustodyAction::ALL.iter();
        let actions: Vec<_> = actions.map(|word| word.name()).collect();
        assert_eq!(described("CustodyAction"), words(&actions));
        let kinds = engine::store::MomentKind::ALL.iter();
        let kinds: Vec<_> = kinds.map(|word| word.name()).collect();
        assert_eq!(described("MomentKind"), words(&kinds));
    }

    /// Every word that the engine writes is in the document, and no other.
    #[test]
    fn the_document_has_the_words_of_the_engine() {
        let states: Vec<_> = engine::store::State::ALL.iter().map(|s| s.name()).collect();
        assert_eq!(described("AlertState"), words(&states));
        let verdicts: Vec<_> = engine::store::Verdict::ALL
            .iter()
            .map(|v| v.name())
            .collect();
        assert_eq!(described("Verdict"), words(&verdicts));
        let skips: Vec<_> = engine::store::Skip::ALL.iter().map(|s| s.name()).collect();
        assert_eq!(described("AlertSkip"), words(&skips));
        let entities = engine::store::EntityKind::ALL.iter();
        let entities: Vec<_> = entities.map(|kind| kind.name()).collect();
        assert_eq!(described("EntityKind"), words(&entities));
        let levels: Vec<_> = engine::rule::Level::ALL.iter().map(|l| l.name()).collect();
        assert_eq!(described("Level"), words(&levels));
        let groups: Vec<_> = event::KindGroup::ALL.iter().map(|g| g.name()).collect();
        assert_eq!(described("KindGroup"), words(&groups));
        let kinds = engine::rule::EntryKind::ALL.iter();
        let kinds: Vec<_> = kinds.map(|kind| kind.name()).collect();
        assert_eq!(described("EntryKind"), words(&kinds));
        let hows: Vec<_> = engine::rule::How::ALL.iter().map(|h| h.name()).collect();
        assert_eq!(described("How"), words(&hows));
        let trials = engine::rules::TrialState::ALL.iter();
        let trials: Vec<_> = trials.map(|state| state.name()).collect();
        assert_eq!(described("PreviewState"), words(&trials));
        let origins = engine::store::IncidentOrigin::ALL.iter();
        let origins: Vec<_> = origins.map(|word| word.name()).collect();
        assert_eq!(described("IncidentOrigin"), words(&origins));
        let states = engine::store::IncidentState::ALL.iter();
        let states: Vec<_> = states.map(|word| word.name()).collect();
        assert_eq!(described("IncidentState"), words(&states));
        let causes = engine::store::IncidentCause::ALL.iter();
        let causes: Vec<_> = causes.map(|word| word.name()).collect();
        assert_eq!(described("IncidentCause"), words(&causes));
        let kinds = engine::store::AssetKind::ALL.iter();
        let kinds: Vec<_> = kinds.map(|word| word.name()).collect();
        assert_eq!(described("AssetKind"), words(&kinds));
        let states = engine::store::AssetState::ALL.iter();
        let states: Vec<_> = states.map(|word| word.name()).collect();
        assert_eq!(described("AssetState"), words(&states));
        let origins = engine::store::AssetOrigin::ALL.iter();
        let origins: Vec<_> = origins.map(|word| word.name()).collect();
        assert_eq!(described("AssetOrigin"), words(&origins));
        let weights = engine::store::Criticality::ALL.iter();
        let weights: Vec<_> = weights.map(|word| word.name()).collect();
        assert_eq!(described("Criticality"), words(&weights));
        let seen = engine::store::SeenBy::ALL.iter();
        let seen: Vec<_> = seen.map(|word| word.name()).collect();
        assert_eq!(described("SeenBy"), words(&seen));
        let roles: Vec<_> = engine::reader::Role::ALL.iter().map(|r| r.name()).collect();
        assert_eq!(described("Role"), words(&roles));
        let types = engine::index::FieldType::ALL.iter();
        let types: Vec<_> = types.map(|word| word.name()).collect();
        assert_eq!(described("FieldType"), words(&types));
    }
}
