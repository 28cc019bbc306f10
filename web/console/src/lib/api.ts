/// The API's nouns under short names. `api.gen.ts` is generated; this file only renames.
import type { components } from './api.gen';

type Schemas = components['schemas'];

export type Session = Schemas['Session'];
export type AlertRow = Schemas['AlertRow'];
export type AlertPage = Schemas['AlertPage'];
export type AlertCounts = Schemas['AlertCounts'];
export type Alert = Schemas['Alert'];
export type AlertState = Schemas['AlertState'];
export type AlertStateChange = Schemas['AlertStateChange'];
export type Entity = Schemas['Entity'];
export type Evidence = Schemas['Evidence'];
export type HistoryEntry = Schemas['HistoryEntry'];
export type Level = Schemas['Level'];
export type Verdict = Schemas['Verdict'];
export type RuleWording = Schemas['RuleWording'];
export type Event = Schemas['Event'];
export type EventPage = Schemas['EventPage'];
export type Source = Schemas['Source'];
export type SourceList = Schemas['SourceList'];
export type IntelList = Schemas['IntelList'];
export type IntelLists = Schemas['IntelLists'];
export type IntelListChange = Schemas['IntelListChange'];
export type NewIntelList = Schemas['NewIntelList'];
export type IntelEntryRow = Schemas['IntelEntryRow'];
export type IntelEntryPage = Schemas['IntelEntryPage'];
export type AddedEntries = Schemas['AddedEntries'];
export type NewEntries = Schemas['NewEntries'];
export type EntryKind = Schemas['EntryKind'];
export type Site = Schemas['Site'];
export type SiteList = Schemas['SiteList'];
export type Sensor = Schemas['Sensor'];
export type SensorList = Schemas['SensorList'];
export type SensorInstance = Schemas['SensorInstance'];
export type SensorChange = Schemas['SensorChange'];
export type NewSensor = Schemas['NewSensor'];
export type Invitation = Schemas['Invitation'];
export type OpenInvitation = Schemas['OpenInvitation'];
export type OpenInvitations = Schemas['OpenInvitations'];
export type SensorConfiguration = Schemas['Configuration'];
export type ConfigurationVersion = Schemas['ConfigurationVersion'];
export type NewConfiguration = Schemas['NewConfiguration'];
export type MadeConfiguration = Schemas['MadeConfiguration'];
export type Updates = Schemas['Updates'];
export type UpdateRollout = Schemas['UpdateRollout'];
export type RolloutState = Schemas['RolloutState'];
export type Freshness = Schemas['Freshness'];
export type Health = Schemas['Health'];
export type Problem = Schemas['Problem'];
export type ApiErrorBody = Schemas['ApiError'];
export type LiveAlert = Schemas['LiveAlert'];

export type RuleRow = Schemas['RuleRow'];
export type RulePage = Schemas['RulePage'];
export type RuleProblem = Schemas['RuleProblem'];
export type RuleDetail = Schemas['Rule'];
export type RuleState = Schemas['RuleState'];
export type RuleOrigin = Schemas['RuleOrigin'];
export type LogSource = Schemas['RuleLogsource'];
export type Off = Schemas['RuleOff'];
export type OffEntry = Schemas['RuleOffEntry'];
export type OffChange = Schemas['RuleOffChange'];
export type AttackMatrix = Schemas['RuleCoverage'];
export type AttackTactic = Schemas['RuleTactic'];
export type AttackTechnique = Schemas['RuleTechnique'];
export type Match = Schemas['RuleMatch'];
export type MatchHow = Schemas['How'];
export type RuleException = Schemas['Exception'];
export type RuleExceptions = Schemas['ExceptionList'];
export type ExceptionDraft = Schemas['ExceptionDraft'];
export type ExceptionChange = Schemas['RuleExceptionChange'];
export type ExceptionPreview = Schemas['ExceptionPreview'];
export type NewException = Schemas['NewRuleException'];
export type RuleImport = Schemas['Import'];
export type RuleImports = Schemas['ImportList'];
export type ImportRow = Schemas['ImportRow'];
export type ImportItem = Schemas['ImportItem'];
export type ImportChange = Schemas['RuleChange'];
export type ImportApply = Schemas['ImportApply'];
export type LicenseCount = Schemas['RuleLicense'];
export type RulePack = Schemas['Pack'];
export type RulePacks = Schemas['PackList'];

export const LEVELS: readonly Level[] = ['critical', 'high', 'medium', 'low', 'informational'];
export const STATES: readonly AlertState[] = ['new', 'acknowledged', 'in_work', 'closed'];
export const VERDICTS: readonly Verdict[] = [
  'true_positive',
  'benign',
  'false_positive',
  'undetermined',
];

/// Closed lists that the API only documents in words; the dictionaries are typed by them.

/** What a source is: its key `kind`, or `unconfigured` when only its events are left. */
export type SourceKind = 'capture' | 'interface' | 'file' | 'journal' | 'sensor' | 'unconfigured';

/** What a source says of itself in `sensor.status`; all but the first two are problems. */
export type SourceStatus =
  | 'running'
  | 'ended'
  | 'capture_interrupted'
  | 'unreadable'
  | 'truncated'
  | 'limit_reached'
  | 'failed';

/** The problems of a source on the board. */
export type SourceProblemCode = Exclude<SourceStatus, 'running' | 'ended'> | 'parse_failed' | 'dropped';

/** The problems of the centre. */
export type HealthCode =
  | 'disk_full'
  | 'journal_failed'
  | 'frame_corrupt'
  | 'index_stalled'
  | 'partition_quarantined'
  | 'rule_bad'
  | 'source_failed'
  | 'events_dropped'
  | 'windows_evicted';
