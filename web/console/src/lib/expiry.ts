/// When an exception ends: a number of days, or a date. Never without an end, never beyond a year.
import { parseLocal } from './format';

export const EXPIRY_DAYS = [7, 30, 90] as const;
/** As the centre has it. */
export const MAX_EXPIRY_DAYS = 366;

export interface Expiry {
  /** Null: the date counts. */
  days: number | null;
  /** As typed, `22/11/2026`. */
  date: string;
}

export const DEFAULT_EXPIRY: Expiry = { days: 30, date: '' };

const DAY_MS = 86_400_000;

/** The moment, or null when the date is none, is past, or is too far ahead. */
export function expiryAt(expiry: Expiry, now: number): string | null {
  if (expiry.days !== null) return new Date(now + expiry.days * DAY_MS).toISOString();
  // The day that is named still belongs to it.
  const end = parseLocal(`${expiry.date.trim()} 23:59:59`);
  if (end === null) return null;
  const ahead = Date.parse(end) - now;
  return ahead > 0 && ahead <= MAX_EXPIRY_DAYS * DAY_MS ? end : null;
}
