/// The API's nouns of rules, exceptions and packs, written by hand from the contract until the
/// generated types know them. Everybody takes them through `api.ts`.
import type { components } from './api.gen';

type Level = components['schemas']['Level'];
type RuleWording = components['schemas']['RuleWording'];

/** Where a rule raises no alerts, and who wanted it so. */
export interface Off {
  everywhere: boolean;
  /** Ids of leaves; empty when everywhere. */
  sites: string[];
  who: string;
  at: string;
  why: string;
}

export type RuleState = 'on' | 'off' | 'partly';
export type RuleOrigin = 'shipped' | 'local';

export interface LogSource {
  category: string | null;
  product: string | null;
  service: string | null;
}

export interface RuleRow {
  id: string;
  title: string;
  vi: RuleWording | null;
  level: Level;
  author: string;
  tags: string[];
  status: string;
  license: string;
  origin: RuleOrigin;
  pack: string | null;
  file: string;
  correlation: boolean;
  logsource: LogSource;
  off: Off | null;
  /** How many exceptions are in force. */
  exceptions: number;
  /** Of the last seven days, at the reader's sites. */
  alerts: number;
  last_alert: string | null;
}

/** What is wrong with a file of rules. */
export interface RuleProblem {
  file: string;
  line: number | null;
  reason: string;
}

export interface RulePage {
  items: RuleRow[];
  next: string | null;
  total: number;
  problems: RuleProblem[];
}

export interface RuleDetail extends Omit<RuleRow, 'exceptions'> {
  description: string;
  references: string[];
  falsepositives: string[];
  /** The rule's YAML. */
  source: string;
  /** Ids of the rules that a correlation counts. */
  rules: string[];
  /** Ids of the correlations that count it. */
  used_by: string[];
  exceptions: RuleException[];
}

export interface AttackTechnique {
  /** `T1110` or `T1110.001`. */
  technique: string;
  rules: number;
  /** How many of them are off everywhere. */
  off: number;
  /** Of the last seven days. */
  alerts: number;
}

export interface AttackTactic {
  /** As tags write it: `credential-access`. */
  tactic: string;
  rules: number;
  techniques: AttackTechnique[];
}

export interface AttackMatrix {
  rules: number;
  untagged: number;
  tactics: AttackTactic[];
}

export type MatchHow = 'is' | 'contains' | 'startswith' | 'endswith' | 'cidr';

/** One condition of an exception: any of the values will do. */
export interface Match {
  field: string;
  how: MatchHow;
  values: string[];
}

export interface RuleException {
  id: string;
  rule: { id: string; title: string; vi: RuleWording | null; level: Level };
  /** Ids of the rules that it filters: for a correlation, those that it counts; empty: every rule of a log source. */
  rules: string[];
  /** Empty: everywhere. */
  sites: string[];
  /** All must hold. */
  match: Match[];
  owner: string;
  reason: string;
  created: string | null;
  expires: string | null;
  expired: boolean;
  /** Id of the alert that it was made from. */
  alert: string | null;
  /** Written by hand, not of our simple form: `match` is empty. */
  by_hand: boolean;
  /** The filter's YAML; empty when it names sites that the reader does not see. */
  source: string;
}

export interface RuleExceptions {
  items: RuleException[];
}

/** What an exception would silence. */
export interface ExceptionDraft {
  rule: string;
  sites: string[];
  match: Match[];
}

export interface NewException extends ExceptionDraft {
  reason: string;
  expires: string;
  alert?: string;
}

export interface ExceptionPreview {
  /** Of the rule, in these days, at the reader's sites. */
  alerts: number;
  silenced: number;
  smaller: number;
  /** Of the silenced, those with more events than are kept. */
  sampled: number;
  /** Of the silenced, those that a person judged to be attacks. */
  true_positives: number;
  /** Ids of alerts, at most five. */
  examples: string[];
  days: number;
}

export interface LicenseCount {
  name: string;
  rules: number;
}

export type ImportChange = 'added' | 'changed' | 'removed';

export interface ImportItem {
  id: string;
  title: string;
  level: Level;
  change: ImportChange;
  alerts: number;
  per_day: number;
  noisy: boolean;
}

export interface RuleImport {
  id: string;
  pack: string;
  source: string;
  files: number;
  counts: { added: number; changed: number; removed: number; unchanged: number; refused: number };
  licenses: LicenseCount[];
  /** The first 200. */
  refused: RuleProblem[];
  preview: {
    state: 'running' | 'done' | 'failed';
    days: number;
    /** How far back it reached. */
    from: string | null;
    events: number;
    complete: boolean;
  };
  items: ImportItem[];
}

export interface RulePack {
  name: string;
  source: string;
  sha256: string;
  imported: string;
  who: string;
  rules: number;
  licenses: LicenseCount[];
}

export interface RulePacks {
  items: RulePack[];
  /** What a step back would undo. */
  back: { what: string; who: string; at: string } | null;
}
