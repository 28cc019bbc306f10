/// Which incidents the list shows, as the URL says it; and how that is asked of the centre.
import type { IncidentQuery } from '../../lib/client.fleet';
import type { IncidentLevel } from '../../lib/incidents';

/** The states that one can choose; `open`, all that are not closed, needs no word in the URL. */
export const SHOWN_STATES = ['open', 'new', 'acknowledged', 'in_work', 'resolved', 'closed', 'all'] as const;
export type ShownState = (typeof SHOWN_STATES)[number];

export const INCIDENT_LEVELS: readonly IncidentLevel[] = ['critical', 'high', 'medium', 'low'];

export interface IncidentFilter {
  state: ShownState;
  level: IncidentLevel | '';
  site: string;
}

export const NOTHING: IncidentFilter = { state: 'open', level: '', site: '' };

export function readFilter(params: URLSearchParams): IncidentFilter {
  return {
    state: SHOWN_STATES.find((name) => name === params.get('state')) ?? 'open',
    level: INCIDENT_LEVELS.find((name) => name === params.get('level')) ?? '',
    site: params.get('site') ?? '',
  };
}

/** Sets what changed; the selection goes, since the list under it is another one. */
export function writeFilter(params: URLSearchParams, change: Partial<IncidentFilter>): URLSearchParams {
  const next = new URLSearchParams(params);
  const filter = { ...readFilter(params), ...change };
  const words = { ...filter, state: filter.state === 'open' ? '' : filter.state };
  for (const [name, value] of Object.entries(words)) {
    if (value === '') next.delete(name);
    else next.set(name, value);
  }
  next.delete('sel');
  return next;
}

export function isNarrowed(filter: IncidentFilter): boolean {
  return filter.state !== 'open' || filter.level !== '' || filter.site !== '';
}

export function queryOf(filter: IncidentFilter): IncidentQuery {
  return { ...filter };
}
