/// What is typed of an asset: days as people here write them, and what of it changed.
import type { Asset, AssetChange, Criticality } from '../../lib/assets';
import { parseLocal } from '../../lib/format';

/** As typed; days are `31/01/2026`. */
export interface Draft {
  site: string;
  address: string;
  name: string;
  role: string;
  criticality: Criticality;
  owner: string;
  contact: string;
  mac: string;
  valid_from: string;
  valid_to: string;
}

export function draftOf(asset: Asset | null, site: string): Draft {
  return {
    site: asset?.site ?? site,
    address: asset?.address ?? '',
    name: asset?.name ?? '',
    role: asset?.role ?? '',
    criticality: asset?.criticality ?? 'normal',
    owner: asset?.owner ?? '',
    contact: asset?.contact ?? '',
    mac: asset?.mac ?? '',
    valid_from: shownDay(asset?.valid_from ?? null),
    valid_to: shownDay(asset?.valid_to ?? null),
  };
}

/** `2026-01-31` as `31/01/2026`; nothing as nothing. */
export function shownDay(day: string | null): string {
  const found = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day ?? '');
  return found ? `${found[3] ?? ''}/${found[2] ?? ''}/${found[1] ?? ''}` : (day ?? '');
}

/** The other way; null when it is no day. */
export function isoDay(typed: string): string | null {
  const text = typed.trim();
  if (text === '') return '';
  const found = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text);
  if (!found || parseLocal(text) === null) return null;
  const [, day = '', month = '', year = ''] = found;
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
}

/** Whether an asset's last day is past; days are those of Vietnam. */
export function isOver({ valid_to: last }: Pick<Asset, 'valid_to'>, now: number): boolean {
  const end = last === null ? Number.NaN : Date.parse(`${last}T23:59:59.999+07:00`);
  return end < now;
}

/** What is wrong before the centre is asked: `day`, `order`, or nothing. */
export function mistakeIn(draft: Draft): 'day' | 'order' | null {
  const [from, to] = [isoDay(draft.valid_from), isoDay(draft.valid_to)];
  if (from === null || to === null) return 'day';
  return from !== '' && to !== '' && to < from ? 'order' : null;
}

/** What differs from the asset as it is; of a new one what is not empty. An empty text is none. */
export function changeOf(draft: Draft, asset: Asset | null): AssetChange {
  const before = draftOf(asset, '');
  const said = Object.entries(draft).map(([name, value]: [string, string]) => [name, value.trim()] as const);
  const changed = said.filter(([name, value]) => value !== before[name as keyof Draft]);
  return Object.fromEntries(changed.map(([name, value]) => [name, name.startsWith('valid_') ? (isoDay(value) ?? '') : value]));
}
