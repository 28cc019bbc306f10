/// Which sensors the page shows, as the URL says it.
import type { Sensor } from '../../lib/api';
import { folded } from '../../lib/fold';
import { isTroubled } from './trouble';

export interface SensorFilter {
  text: string;
  /** Only those with problems. */
  troubled: boolean;
}

export const NOTHING: SensorFilter = { text: '', troubled: false };

export function readFilter(params: URLSearchParams): SensorFilter {
  return { text: params.get('text') ?? '', troubled: params.get('show') === 'problems' };
}

export function writeFilter(params: URLSearchParams, change: Partial<SensorFilter>): URLSearchParams {
  const next = new URLSearchParams(params);
  const { text, troubled } = { ...readFilter(params), ...change };
  if (text === '') next.delete('text');
  else next.set('text', text);
  if (troubled) next.set('show', 'problems');
  else next.delete('show');
  return next;
}

export function isNarrowed({ text, troubled }: SensorFilter): boolean {
  return text !== '' || troubled;
}

/** Every word must be found in the name, a site, the version or the address; diacritics do not matter. */
export function isMeant(sensor: Sensor, filter: SensorFilter, now: number, nameOf: (id: string) => string): boolean {
  if (filter.troubled && !isTroubled(sensor, now)) return false;
  const { name, sites, version, address } = sensor;
  const told = folded([name, version, address, ...sites, ...sites.map(nameOf)].join('\n'));
  return folded(filter.text).split(/\s+/).every((word) => told.includes(word));
}
