/// What the queue shows, as the URL says it; and how that is asked of the centre.
import { LEVELS, STATES, type AlertCounts, type AlertRow, type AlertState, type Level } from '../../lib/api';
import type { AlertQuery } from '../../lib/client.alerts';
import { resolve, type Range } from '../../lib/range';

export const SORTS = ['newest', 'oldest', 'severity'] as const;
export type Sort = (typeof SORTS)[number];

/** A saved view is a set of states, or who holds what; `new` needs no word in the URL. */
export const VIEWS = ['new', 'mine', 'overdue', 'unassigned', 'acknowledged', 'in_work', 'closed', 'open', 'all'] as const;
export type View = (typeof VIEWS)[number];

export interface AlertFilter {
  view: View;
  levels: readonly Level[];
  site: string;
  entity: string;
  rule: string;
  range: Range;
  sort: Sort;
}

export function readFilter(params: URLSearchParams): AlertFilter {
  const view = VIEWS.find((name) => name === params.get('state')) ?? 'new';
  const levels = (params.get('level') ?? '').split(',');
  return {
    view,
    levels: LEVELS.filter((level) => levels.includes(level)),
    site: params.get('site') ?? '',
    entity: params.get('entity') ?? '',
    rule: params.get('rule') ?? '',
    range: { from: params.get('from'), to: params.get('to') },
    sort: SORTS.find((name) => name === params.get('sort')) ?? 'newest',
  };
}

/** Sets what changed; the selection goes, since the list under it is another one. */
export function writeFilter(params: URLSearchParams, change: Partial<AlertFilter>): URLSearchParams {
  const next = new URLSearchParams(params);
  const put = (name: string, value: string | null | undefined, absent = '') => {
    if (value === null || value === undefined || value === absent) next.delete(name);
    else next.set(name, value);
  };
  if ('view' in change) put('state', change.view, 'new');
  if ('levels' in change) put('level', change.levels?.join(','));
  if ('site' in change) put('site', change.site);
  if ('entity' in change) put('entity', change.entity);
  if ('rule' in change) put('rule', change.rule);
  if ('sort' in change) put('sort', change.sort, 'newest');
  if (change.range) {
    put('from', change.range.from);
    put('to', change.range.to);
  }
  next.delete('sel');
  return next;
}

export function statesOf(view: View): readonly AlertState[] {
  if (view === 'all') return STATES;
  if (view === 'overdue') return ['new'];
  if (view === 'open' || view === 'mine' || view === 'unassigned') return STATES.filter((state) => state !== 'closed');
  return [view];
}

/** Whether an alert belongs to a view; one that has just left it stays in sight until the list is made anew. */
export function isIn(view: View, row: AlertRow, me: string): boolean {
  if (view === 'mine' && row.assignee !== me) return false;
  if (view === 'unassigned' && row.assignee !== null) return false;
  return statesOf(view).includes(row.state);
}

export function countOf(counts: AlertCounts, view: View): number {
  if (view === 'mine' || view === 'overdue' || view === 'unassigned') return counts[view];
  return statesOf(view).reduce((total, state) => total + counts[state], 0);
}

export function isNarrowed(filter: AlertFilter): boolean {
  const { levels, site, entity, rule, range } = filter;
  return levels.length > 0 || [site, entity, rule, range.from ?? '', range.to ?? ''].some(Boolean);
}

export function queryOf(filter: AlertFilter, now: number): AlertQuery {
  return {
    state: filter.view === 'all' ? '' : statesOf(filter.view).join(','),
    level: filter.levels.join(','),
    site: filter.site,
    entity: filter.entity,
    rule: filter.rule,
    ...(filter.view === 'mine' && { assignee: 'me' }),
    ...(filter.view === 'unassigned' && { assignee: 'none' }),
    ...(filter.view === 'overdue' && { overdue: 'true' }),
    sort: filter.sort,
    ...resolve(filter.range, now),
  };
}

/** All that match, as a change of them names it. */
export function meantOf(filter: AlertFilter, now: number, asOf: string) {
  const { sort: _sort, overdue, ...rest } = queryOf(filter, now);
  const words = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== '' && value !== undefined));
  return { ...words, ...(overdue === 'true' && { overdue: true }), as_of: asOf };
}
