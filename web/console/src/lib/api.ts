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
export type Event = Schemas['Event'];
export type EventPage = Schemas['EventPage'];
export type Source = Schemas['Source'];
export type SourceList = Schemas['SourceList'];
export type Site = Schemas['Site'];
export type SiteList = Schemas['SiteList'];
export type Health = Schemas['Health'];
export type Problem = Schemas['Problem'];
export type ApiErrorBody = Schemas['ApiError'];
export type LiveAlert = Schemas['LiveAlert'];

export const LEVELS: readonly Level[] = ['critical', 'high', 'medium', 'low', 'informational'];
export const STATES: readonly AlertState[] = ['new', 'acknowledged', 'in_work', 'closed'];
export const VERDICTS: readonly Verdict[] = [
  'true_positive',
  'benign',
  'false_positive',
  'undetermined',
];
