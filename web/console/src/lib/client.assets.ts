/// The endpoints of assets: one line each.
import { search, type Ask } from './ask';
import type { Asset, AssetChange, AssetImport, AssetPage, AssetsChanged, AssetState, NewAsset } from './assets';

export interface AssetQuery {
  site?: string;
  state?: string;
  kind?: string;
  text?: string;
  cursor?: string;
  limit?: string;
}

/** Where the browser fetches the CSV by itself, with the filters of a list. */
export function assetsExport(query: AssetQuery): string {
  return `/api/v1/assets/export${search({ ...query })}`;
}

/** What is added to the client. */
export function assetsOf(ask: Ask) {
  const asset = (id: string) => `/assets/${encodeURIComponent(id)}`;
  return {
    assets: (query: AssetQuery, signal?: AbortSignal) => ask<AssetPage>('GET', `/assets${search({ ...query })}`, { signal }),
    addAsset: (made: NewAsset) => ask<Asset>('POST', '/assets', { body: made }),
    changeAsset: (id: string, change: AssetChange) => ask<Asset>('PATCH', asset(id), { body: change }),
    removeAsset: (id: string) => ask<undefined>('DELETE', asset(id)),
    setAssetStates: (ids: readonly string[], state: AssetState) => ask<AssetsChanged>('POST', '/assets/state', { body: { ids, state } }),
    /** A trial writes nothing. */
    importAssets: (file: Blob, trial: boolean) =>
      ask<AssetImport>('POST', `/assets/import${search({ trial: String(trial) })}`, { file, type: 'text/csv' }),
  };
}
