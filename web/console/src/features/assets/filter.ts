/// Which assets the page shows, as the URL says it; and how that is asked of the centre.
import type { AssetKind, AssetState } from '../../lib/assets';
import type { AssetQuery } from '../../lib/client.assets';

/** The tabs; `confirmed`, what one may build on, needs no word in the URL. */
export const TABS = ['confirmed', 'proposed', 'dismissed', 'all'] as const;
export type Tab = (typeof TABS)[number] & (AssetState | 'all');
export const KINDS: readonly AssetKind[] = ['host', 'network'];

export interface AssetFilter {
  tab: Tab;
  site: string;
  kind: AssetKind | '';
  text: string;
}

export const NOTHING: Omit<AssetFilter, 'tab'> = { site: '', kind: '', text: '' };

export function readFilter(params: URLSearchParams): AssetFilter {
  return {
    tab: TABS.find((name) => name === params.get('state')) ?? 'confirmed',
    site: params.get('site') ?? '',
    kind: KINDS.find((name) => name === params.get('kind')) ?? '',
    text: params.get('text') ?? '',
  };
}

/** Sets what changed; the selection goes, since the list under it is another one. */
export function writeFilter(params: URLSearchParams, change: Partial<AssetFilter>): URLSearchParams {
  const next = new URLSearchParams(params);
  const { tab, ...words } = { ...readFilter(params), ...change };
  for (const [name, value] of Object.entries({ state: tab === 'confirmed' ? '' : tab, ...words })) {
    if (value === '') next.delete(name);
    else next.set(name, value);
  }
  next.delete('sel');
  return next;
}

/** Whether something beside the tab narrows the list. */
export function isNarrowed({ site, kind, text }: AssetFilter): boolean {
  return site !== '' || kind !== '' || text !== '';
}

export function queryOf({ tab, ...words }: AssetFilter): AssetQuery {
  return { ...words, state: tab === 'all' ? '' : tab };
}
