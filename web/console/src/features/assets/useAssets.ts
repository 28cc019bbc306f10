/// Assets, asked again every half minute, since sensors propose new ones; and changing them.
import type { UseMutationResult } from '@tanstack/react-query';
import type { Asset, AssetCounts, AssetPage, AssetState } from '../../lib/assets';
import type { Client } from '../../lib/client';
import { useClient, useMay } from '../../lib/context';
import { usePages, type Pages } from '../../lib/usePages';
import { useSend } from '../../lib/useSend';
import { queryOf, type AssetFilter } from './filter';

const PAGE = '200';
const ASK_EVERY_MS = 30_000;
/** As many as the centre changes at once. */
const MANY = 500;

export interface Assets extends Pages<Asset, AssetPage> {
  /** Null before the first answer. */
  counts: AssetCounts | null;
}

export function useAssets(filter: AssetFilter): Assets {
  const client = useClient();
  const query = queryOf(filter);
  const pages = usePages<Asset, AssetPage>('assets', query, ASK_EVERY_MS, (cursor, signal) =>
    client.assets({ ...query, cursor, limit: PAGE }, signal),
  );
  return { ...pages, counts: pages.first?.counts ?? null };
}

export function useAssetSend<Given, Told>(
  send: (client: Client, given: Given) => Promise<Told>,
  onDone: (told: Told, given: Given) => void,
): UseMutationResult<Told, Error, Given> {
  return useSend('assets', send, onDone);
}

export interface Decision {
  assets: readonly Asset[];
  state: AssetState;
}

/** One by itself, so that a refusal says why; many in parts, of which the centre says how many changed. */
export async function decide(client: Client, { assets, state }: Decision): Promise<number> {
  const [only] = assets;
  if (only !== undefined && assets.length === 1) {
    await client.changeAsset(only.id, { state });
    return 1;
  }
  let changed = 0;
  for (let at = 0; at < assets.length; at += MANY) {
    const part = await client.setAssetStates(
      assets.slice(at, at + MANY).map(({ id }) => id),
      state,
    );
    changed += part.changed;
  }
  return changed;
}

export function useMayWrite(): boolean {
  return useMay('assets.write');
}

/** A network of a file is changed in the file. */
export function isOwn({ origin }: Pick<Asset, 'origin'>): boolean {
  return origin !== 'file';
}
