/// Which cases the board shows, as the URL says it; and how that is asked of the centre.
import { LEVELS, type Level } from '../../lib/api';
import type { CaseQuery } from '../../lib/client.cases';

export type CaseView = 'board' | 'table';
export type Whose = '' | 'me' | 'none';

export interface CaseFilter {
  view: CaseView;
  assignee: Whose;
  level: Level | '';
  text: string;
}

export const NOTHING: Omit<CaseFilter, 'view'> = { assignee: '', level: '', text: '' };

export function readFilter(params: URLSearchParams): CaseFilter {
  const assignee = params.get('assignee');
  return {
    view: params.get('view') === 'table' ? 'table' : 'board',
    assignee: assignee === 'me' || assignee === 'none' ? assignee : '',
    level: LEVELS.find((name) => name === params.get('level')) ?? '',
    text: params.get('text') ?? '',
  };
}

/** Sets what changed; the selection goes, since the list under it is another one. */
export function writeFilter(params: URLSearchParams, change: Partial<CaseFilter>): URLSearchParams {
  const next = new URLSearchParams(params);
  const filter = { ...readFilter(params), ...change };
  const words = { ...filter, view: filter.view === 'board' ? '' : filter.view };
  for (const [name, value] of Object.entries(words)) {
    if (value === '') next.delete(name);
    else next.set(name, value);
  }
  next.delete('sel');
  return next;
}

export function isNarrowed({ assignee, level, text }: CaseFilter): boolean {
  return assignee !== '' || level !== '' || text !== '';
}

export function queryOf({ assignee, level, text }: CaseFilter): CaseQuery {
  return { assignee, level, text };
}
