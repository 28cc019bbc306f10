/// What is wrong with a sensor, and which sensor is worst.
import type { Sensor } from '../../lib/api';
import { reportOf } from './report';

export type Trouble =
  | 'spool_failed'
  | 'spool_full'
  | 'refused'
  | 'some_refused'
  | 'certificate_ended'
  | 'stale'
  | 'instance'
  | 'broken'
  | 'config_refused'
  | 'config_rolled_back'
  | 'late'
  | 'certificate'
  | 'clock'
  | 'never'
  | 'revoked';

/** Data that is being lost stands before data that comes late, and both before what may go wrong. */
export const WORST_FIRST: readonly Trouble[] = [
  'spool_failed',
  'spool_full',
  'refused',
  'some_refused',
  'certificate_ended',
  'stale',
  'instance',
  'broken',
  'late',
  'config_refused',
  'config_rolled_back',
  'certificate',
  'clock',
  'never',
  'revoked',
];

/** Whoever sees one of these has to act now. */
const GRAVE = new Set<Trouble>(['spool_failed', 'spool_full', 'refused', 'some_refused', 'certificate_ended', 'stale', 'instance']);
const PLAIN = new Set<Trouble>(['never', 'revoked']);

const DAY_MS = 86_400_000;
/** A certificate is renewed on day 60 of 90: with less than this left, renewing fails. */
const RENEWAL_MS = 30 * DAY_MS;
const MAX_SKEW_MS = 5_000;

export type Weight = 'grave' | 'warn' | 'plain';

export function weightOf(trouble: Trouble): Weight {
  if (GRAVE.has(trouble)) return 'grave';
  return PLAIN.has(trouble) ? 'plain' : 'warn';
}

/** The worst first; a sensor that was revoked has only that one. */
export function troublesOf(sensor: Sensor, now: number): Trouble[] {
  if (sensor.revoked !== null) return ['revoked'];
  const { freshness, certificate_expires: expires } = sensor;
  const report = reportOf(sensor);
  const left = expires === null ? Infinity : Date.parse(expires) - now;
  const has: Partial<Record<Trouble, boolean>> = {
    spool_failed: report?.spool === 'failed',
    spool_full: report?.spool === 'full',
    refused: report?.uplink === 'refused',
    some_refused: sensor.refused.length > 0,
    broken: report?.uplink === 'broken',
    config_refused: report?.configuration?.newest?.state === 'refused',
    config_rolled_back: report?.configuration?.newest?.state === 'rolled_back',
    certificate_ended: left <= 0,
    certificate: left > 0 && left < RENEWAL_MS,
    stale: freshness === 'stale',
    late: freshness === 'late',
    never: freshness === 'never',
    instance: sensor.instances.some((each) => !each.confirmed),
    clock: Math.abs(sensor.skew_ms) > MAX_SKEW_MS,
  };
  return WORST_FIRST.filter((trouble) => has[trouble] === true);
}

/** Whether somebody should look: a sensor that was revoked is as somebody wanted it. */
export function isTroubled(sensor: Sensor, now: number): boolean {
  return sensor.revoked === null && troublesOf(sensor, now).length > 0;
}

/** The gravest trouble decides, then how many there are, then the longer silence, then the name. */
export function worstFirst(sensors: readonly Sensor[], now: number): Sensor[] {
  const ranked = sensors.map((sensor) => ({ sensor, troubles: troublesOf(sensor, now) }));
  ranked.sort((a, b) => {
    return (
      rank(a.troubles[0]) - rank(b.troubles[0]) ||
      b.troubles.length - a.troubles.length ||
      seen(a.sensor) - seen(b.sensor) ||
      a.sensor.name.localeCompare(b.sensor.name, 'en', { numeric: true })
    );
  });
  return ranked.map(({ sensor }) => sensor);
}

/** What is well stands before what was revoked. */
function rank(trouble: Trouble | undefined): number {
  if (trouble === undefined) return WORST_FIRST.length;
  return trouble === 'revoked' ? WORST_FIRST.length + 1 : WORST_FIRST.indexOf(trouble);
}

/** Fresh ones all count as heard now, or the order would change with every look. */
function seen({ freshness, last_seen: at }: Sensor): number {
  if (freshness === 'fresh' || at === null) return Number.MAX_SAFE_INTEGER;
  return Date.parse(at);
}

/** Whole days until a certificate ends; 0 on its last day, negative when it has ended. */
export function daysLeft(expires: string, now: number): number {
  return Math.floor((Date.parse(expires) - now) / DAY_MS);
}
