/// Assets, asked again every half minute, since sensors propose new ones; and changing them.
import { useInfiniteQuery, type UseMutationResult } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { Asset, AssetCounts, AssetState } from '../../lib/assets';
import type { Client } from '../../lib/client';
import { useClient, useMay } from '../../lib/context';
import { useSend } from '../../lib/useSend';
import { queryOf, type AssetFilter } from './filter';

const PAGE = '200';
const ASK_EVERY_MS = 30_000;
/** A list that was read far down is not asked for again as a whole. */
const PAGES_TO_REFRESH = 3;
/** As many as the centre changes at once. */
const MANY = 500;

export interface Assets {
  rows: readonly Asset[];
  /** Null before the first answer. */
  counts: AssetCounts | null;
  isLoading: boolean;
  error: Error | null;
  asOf: number;
  hasMore: boolean;
  loadMore: () => void;
  retry: () => void;
}

export function useAssets(filter: AssetFilter): Assets {
  const client = useClient();
  const query = queryOf(filter);
  const list = useInfiniteQuery({
    queryKey: ['assets', 'list', query],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) => client.assets({ ...query, cursor: pageParam, limit: PAGE }, signal),
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) > PAGES_TO_REFRESH ? false : ASK_EVERY_MS),
  });
  const rows = useMemo(() => unique(list.data?.pages.flatMap((page) => page.items) ?? []), [list.data]);
  return {
    rows,
    counts: list.data?.pages[0]?.counts ?? null,
    isLoading: list.data === undefined,
    error: list.error,
    asOf: list.dataUpdatedAt,
    hasMore: list.hasNextPage,
    loadMore: () => {
      if (!list.isFetching) void list.fetchNextPage();
    },
    retry: () => void list.refetch(),
  };
}

/** A list that changed between two pages may name an asset twice. */
function unique(rows: readonly Asset[]): Asset[] {
  const seen = new Set<string>();
  return rows.filter((row) => !seen.has(row.id) && seen.add(row.id));
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
