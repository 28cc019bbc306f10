/// The nouns of cases under short names; they come from the generated document.
import type { components } from './api.gen';

type Schemas = components['schemas'];

export type Case = Schemas['Case'];
export type CasePage = Schemas['CasePage'];
export type CaseDetail = Schemas['CaseDetail'];
export type CaseState = Schemas['CaseState'];
export type CaseAction = Schemas['CaseAction'];
export type CaseChange = Schemas['CaseChange'];
export type CaseNote = Schemas['CaseNote'];
export type CaseTask = Schemas['CaseTask'];
export type CaseObservable = Schemas['CaseObservable'];
export type CaseEvidence = Schemas['CaseEvidence'];
export type CaseMoment = Schemas['CaseMoment'];
export type CaseTimeline = Schemas['CaseTimeline'];
export type CaseIncident = Schemas['CaseIncident'];
export type CustodyAction = Schemas['CustodyAction'];
export type NewCase = Schemas['NewCase'];
export type NewObservable = Schemas['NewObservable'];
export type NewTask = Schemas['NewTask'];
export type NoteVersions = Schemas['NoteVersions'];
export type ObservableKind = Schemas['ObservableKind'];
export type TaskChange = Schemas['TaskChange'];

export const CASE_STATES: readonly CaseState[] = ['new', 'in_work', 'closed'];
export const OBSERVABLE_KINDS: readonly ObservableKind[] = ['ip', 'domain', 'url', 'email', 'hash', 'file', 'host', 'user', 'process', 'other'];

/** What a value most likely is, and what an alert's field says of it. */
export function kindOf(value: string, field = ''): ObservableKind {
  if (/(^|\.)ip$/.test(field) || /^\d{1,3}(\.\d{1,3}){3}(\/\d+)?$/.test(value) || /^(?=.*:.*:)[0-9a-f:.]+(\/\d+)?$/i.test(value)) return 'ip';
  if (field.startsWith('host.')) return 'host';
  if (field.startsWith('user.')) return 'user';
  if (field.startsWith('process.')) return 'process';
  if (field.startsWith('file.') && !field.startsWith('file.hash')) return 'file';
  if (/^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$/i.test(value)) return 'hash';
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return 'url';
  if (/^[^\s@/]+@[^\s@/]+\.[^\s@/]+$/.test(value)) return 'email';
  if (/^(?:[\p{L}\p{N}_-]+\.)+[\p{L}][\p{L}\p{N}-]+\.?$/u.test(value)) return 'domain';
  return 'other';
}
