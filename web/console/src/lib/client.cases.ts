/// The endpoints of cases: one line each.
import { search, type Ask } from './ask';
import type { Verdict } from './api';
import type { Case, CaseChange, CaseDetail, CaseEvidence, CaseIncident, CaseNote, CaseObservable, CasePage, CaseTask, CaseTimeline, NewCase, NewObservable, NewTask, NoteVersions, TaskChange } from './cases';

export interface CaseQuery {
  state?: string;
  level?: string;
  assignee?: string;
  text?: string;
  alert?: string;
  cursor?: string;
  limit?: string;
}

const one = (id: string) => `/cases/${encodeURIComponent(id)}`;

/** Where the browser fetches the page by itself. */
export function caseExport(id: string, lang: string): string {
  return `/api/v1${one(id)}/export${search({ lang })}`;
}

/** Where the browser fetches a piece of evidence by itself. */
export function evidenceFile(id: string, evidence: number): string {
  return `/api/v1${one(id)}/evidence/${evidence}`;
}

/** What is added to the client. */
export function casesOf(ask: Ask) {
  return {
    cases: (query: CaseQuery, signal?: AbortSignal) => ask<CasePage>('GET', `/cases${search({ ...query })}`, { signal }),
    case: (id: string, signal?: AbortSignal) => ask<CaseDetail>('GET', one(id), { signal }),
    openCase: (made: NewCase) => ask<Case>('POST', '/cases', { body: made }),
    changeCase: (id: string, change: CaseChange) => ask<Case>('PATCH', one(id), { body: change }),
    closeCase: (id: string, version: number, verdict: Verdict, lessons: string) =>
      ask<Case>('POST', `${one(id)}/close`, { body: { version, verdict, lessons } }),
    reopenCase: (id: string, version: number) => ask<Case>('POST', `${one(id)}/reopen`, { body: { version } }),
    linkAlerts: (id: string, ids: readonly string[]) => ask<Case>('POST', `${one(id)}/alerts`, { body: { ids } }),
    unlinkAlert: (id: string, alert: string) => ask<Case>('DELETE', `${one(id)}/alerts/${encodeURIComponent(alert)}`),
    raiseIncident: (id: string) => ask<CaseIncident>('POST', `${one(id)}/incident`, { body: {} }),

    caseTimeline: (id: string, cursor: string, signal?: AbortSignal) =>
      ask<CaseTimeline>('GET', `${one(id)}/timeline${search({ cursor })}`, { signal }),
    pinEvent: (id: string, event: string, note: string) => ask<undefined>('POST', `${one(id)}/events`, { body: { event, note } }),
    unpinEvent: (id: string, event: string) => ask<undefined>('DELETE', `${one(id)}/events/${encodeURIComponent(event)}`),

    addNote: (id: string, text: string) => ask<CaseNote>('POST', `${one(id)}/notes`, { body: { text } }),
    changeNote: (id: string, note: number, version: number, text: string) =>
      ask<CaseNote>('PATCH', `${one(id)}/notes/${note}`, { body: { version, text } }),
    noteVersions: (id: string, note: number, signal?: AbortSignal) => ask<NoteVersions>('GET', `${one(id)}/notes/${note}`, { signal }),

    addTask: (id: string, task: NewTask) => ask<CaseTask>('POST', `${one(id)}/tasks`, { body: task }),
    changeTask: (id: string, task: number, change: TaskChange) => ask<CaseTask>('PATCH', `${one(id)}/tasks/${task}`, { body: change }),
    removeTask: (id: string, task: number, version: number) =>
      ask<undefined>('DELETE', `${one(id)}/tasks/${task}${search({ version: String(version) })}`),

    addObservable: (id: string, made: NewObservable) => ask<CaseObservable>('POST', `${one(id)}/observables`, { body: made }),
    removeObservable: (id: string, own: number) => ask<undefined>('DELETE', `${one(id)}/observables/${own}`),

    addEvidence: (id: string, file: Blob, name: string, note: string) =>
      ask<CaseEvidence>('POST', `${one(id)}/evidence${search({ name, note })}`, { file, type: 'application/octet-stream' }),
  };
}
