/// The nouns of incidents, written by hand with the names of the contract. They will be replaced by those
/// generated from the OpenAPI document as soon as it has them: nothing else may stand here.

export type IncidentState = 'new' | 'acknowledged' | 'in_work' | 'resolved' | 'closed';
export type IncidentLevel = 'low' | 'medium' | 'high' | 'critical';
export type IncidentOrigin = 'alert' | 'case' | 'subsystem' | 'online' | 'source';
export type IncidentCause = 'fixed' | 'false_alarm' | 'planned_work' | 'duplicate' | 'accepted_risk' | 'other';
export type IncidentAction =
  | 'opened'
  | Exclude<IncidentState, 'new'>
  | 'reopened'
  | 'snoozed'
  | 'merged'
  | 'noted';

/** A sentence in both languages. */
export interface Said {
  vi: string;
  en: string;
}

/** What the centre must know of. */
export interface Incident {
  id: string;
  origin: IncidentOrigin;
  /** What raised it: `sensor_silent`. */
  rule: string;
  level: IncidentLevel;
  /** Empty: the whole province. */
  site: string;
  exercise: boolean;
  state: IncidentState;
  title: Said;
  summary: Said;
  /** What it is about: `{ sensor: "xa-1" }`. */
  dimensions: Record<string, string>;
  opened: string;
  updated: string;
  version: number;
  /** How often it was reopened. */
  count: number;
  snoozed_until: string | null;
  merged_into: string | null;
  cause: IncidentCause | null;
}

export interface IncidentPage {
  items: Incident[];
  next: string | null;
}

export interface IncidentEntry {
  version: number;
  at: string;
  /** Empty: the system. */
  who: string;
  action: IncidentAction;
  from: IncidentState | null;
  to: IncidentState | null;
  note: string | null;
}

/** One incident with all that was done. */
export interface IncidentDetail extends Incident {
  history: IncidentEntry[];
}

/** What a person does; what is absent stays. */
export interface IncidentChange {
  version: number;
  to?: IncidentState;
  cause?: IncidentCause;
  note?: string;
  snooze_until?: string | null;
  merged_into?: string;
}
