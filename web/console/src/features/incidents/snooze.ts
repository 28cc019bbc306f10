/// Until when an incident is snoozed: in some hours or days, or at a moment.
import { parseLocal } from '../../lib/format';

export type SnoozeStep = '1h' | '4h' | '24h' | '7d' | 'moment';

export const SNOOZE_STEPS: readonly SnoozeStep[] = ['1h', '4h', '24h', '7d', 'moment'];

const HOUR_MS = 3_600_000;
const LENGTH_MS: Record<Exclude<SnoozeStep, 'moment'>, number> = {
  '1h': HOUR_MS,
  '4h': 4 * HOUR_MS,
  '24h': 24 * HOUR_MS,
  '7d': 168 * HOUR_MS,
};

/** The moment; null when what was typed is none, or is past. */
export function snoozeUntil(step: SnoozeStep, typed: string, now: number): string | null {
  if (step !== 'moment') return new Date(now + LENGTH_MS[step]).toISOString();
  const at = parseLocal(typed);
  return at !== null && Date.parse(at) > now ? at : null;
}

/** Whether it is put off now. */
export function isSnoozed({ snoozed_until: until }: { snoozed_until: string | null }, now: number): boolean {
  return until !== null && Date.parse(until) > now;
}
