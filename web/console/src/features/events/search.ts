/// What the hunt page asks, as the URL says it.
import type { Range } from '../../lib/range';

export interface Search {
  q: string;
  range: Range;
  /** Whether a search without a query leaves out what sources say of themselves. */
  hidesStatus: boolean;
}

/** A hunt without a range looks at the last day: everything is rarely what one wants. */
const DEFAULT_FROM = '-24h';

/** Every source speaks every ten seconds: without this, that is all one would see. */
const NO_STATUS = 'NOT kind:sensor.status';

export function readSearch(params: URLSearchParams): Search {
  const from = params.get('from');
  const to = params.get('to');
  return {
    q: params.get('q') ?? '',
    range: { from: from ?? (to === null ? DEFAULT_FROM : null), to },
    hidesStatus: params.get('status') !== 'show',
  };
}

/** The query as it is sent. Who writes one decides alone what is in it. */
export function asked({ q, hidesStatus }: Search): string {
  const written = q.trim();
  return written === '' && hidesStatus ? NO_STATUS : written;
}

/** The open event belongs to the results it was opened from. */
export function writeSearch(params: URLSearchParams, change: Partial<Search>): URLSearchParams {
  const next = new URLSearchParams(params);
  const put = (name: string, value: string | null) => {
    if (value === null || value === '') next.delete(name);
    else next.set(name, value);
  };
  if (change.q !== undefined) put('q', change.q.trim());
  if (change.range) {
    put('from', change.range.from);
    put('to', change.range.to);
  }
  if (change.hidesStatus !== undefined) put('status', change.hidesStatus ? null : 'show');
  next.delete('event');
  return next;
}

/** How much of a query is shown on each side of the place where it is wrong. */
const ECHO = 120;

export interface Echo {
  before: string;
  at: string;
  after: string;
}

/** The query around a column (counted from one, in characters as the centre counts them). */
export function echo(query: string, column: number): Echo {
  const letters = [...query];
  const at = Math.min(column, letters.length + 1) - 1;
  const from = Math.max(at - ECHO, 0);
  const to = at + 1 + ECHO;
  return {
    before: (from > 0 ? '…' : '') + letters.slice(from, at).join(''),
    at: letters[at] ?? ' ',
    after: letters.slice(at + 1, to).join('') + (to < letters.length ? '…' : ''),
  };
}
