/// What the hunt page asks, as the URL says it.
import type { Range } from '../../lib/range';

export interface Search {
  q: string;
  range: Range;
}

/** A hunt without a range looks at the last day: everything is rarely what one wants. */
const DEFAULT_FROM = '-24h';

export function readSearch(params: URLSearchParams): Search {
  const from = params.get('from');
  const to = params.get('to');
  return {
    q: params.get('q') ?? '',
    range: { from: from ?? (to === null ? DEFAULT_FROM : null), to },
  };
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
  next.delete('event');
  return next;
}

/** `column 17: …` of a bad query: where it is wrong, counted from one, and what is wrong there. */
export function placeOf(message: string): { column: number; reason: string } | null {
  const match = /column (\d+):\s*(.*)$/s.exec(message);
  return match ? { column: Number(match[1]), reason: match[2] ?? '' } : null;
}
