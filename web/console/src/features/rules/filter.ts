/// What the list of rules shows, as the URL says it; and how that is asked of the centre.
import { LEVELS, type Level, type RuleOrigin, type RuleState } from '../../lib/api';
import type { RuleQuery } from '../../lib/client.rules';

export const STATES: readonly RuleState[] = ['on', 'off', 'partly'];
export const ORIGINS: readonly RuleOrigin[] = ['shipped', 'local'];

export interface RuleFilter {
  text: string;
  level: Level | '';
  origin: RuleOrigin | '';
  pack: string;
  state: RuleState | '';
  tag: string;
}

export const NOTHING: RuleFilter = { text: '', level: '', origin: '', pack: '', state: '', tag: '' };

export function readFilter(params: URLSearchParams): RuleFilter {
  return {
    text: params.get('text') ?? '',
    level: LEVELS.find((name) => name === params.get('level')) ?? '',
    origin: ORIGINS.find((name) => name === params.get('origin')) ?? '',
    pack: params.get('pack') ?? '',
    state: STATES.find((name) => name === params.get('state')) ?? '',
    tag: params.get('tag') ?? '',
  };
}

/** Sets what changed; the selection goes, since the list under it is another one. */
export function writeFilter(params: URLSearchParams, change: Partial<RuleFilter>): URLSearchParams {
  const next = new URLSearchParams(params);
  for (const [name, value] of Object.entries(queryOf({ ...readFilter(params), ...change }))) {
    if (value) next.set(name, value);
    else next.delete(name);
  }
  next.delete('sel');
  return next;
}

export function isNarrowed(filter: RuleFilter): boolean {
  return Object.values(queryOf(filter)).some(Boolean);
}

export function queryOf(filter: RuleFilter): RuleQuery {
  return { ...filter };
}
