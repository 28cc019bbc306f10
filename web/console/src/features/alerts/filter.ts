/// What the queue shows, as the URL says it; and how that is asked of the centre.
import { LEVELS, STATES, type AlertState, type Level } from '../../lib/api';
import type { AlertQuery } from '../../lib/client';
import { resolve, type Range } from '../../lib/range';

export const SORTS = ['newest', 'oldest', 'severity'] as const;
export type Sort = (typeof SORTS)[number];

/** A saved view is a set of states; `new` needs no word in the URL. */
export const VIEWS = ['new', 'acknowledged', 'in_work', 'closed', 'open', 'all'] as const;
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
  if (view === 'open') return STATES.filter((state) => state !== 'closed');
  return [view];
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
    sort: filter.sort,
    ...resolve(filter.range, now),
  };
}
