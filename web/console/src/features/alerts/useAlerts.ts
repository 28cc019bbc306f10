/// The queue's data. What one reads does not move: the list is a snapshot, a peek at the first page
/// tells what has changed since; changed rows are updated in place, new ones wait to be brought in.
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo } from 'react';
import type { AlertCounts, AlertRow, LiveAlert } from '../../lib/api';
import { useClient } from '../../lib/context';
import { useLive } from '../../lib/useLive';
import { LISTS, ONE, PEEKS, mergeRows, patchAlert, type AlertPages } from './cache';
import { queryOf, type AlertFilter } from './filter';
import { useThrottled } from './useThrottled';

const PAGE = '100';
const PEEK_EVERY_MS = 30_000;
const PEEK_PAUSE_MS = 2_000;

export interface Alerts {
  rows: readonly AlertRow[];
  counts: AlertCounts | null;
  total: number;
  isCapped: boolean;
  /** When the list was asked for, by the centre's clock: what a change of all that match names. */
  asOf: string;
  isLoading: boolean;
  error: Error | null;
  /** When what is shown was last confirmed, if it could not be refreshed since. */
  staleSince: number | null;
  pending: number;
  /** Brings the waiting alerts into the list. */
  bringIn: () => void;
  hasMore: boolean;
  loadMore: () => void;
  retry: () => void;
}

export function useAlerts(filter: AlertFilter): Alerts {
  const client = useClient();
  const queryClient = useQueryClient();
  const key = JSON.stringify(filter);
  const listKey = useMemo(() => [...LISTS, key], [key]);
  const peekKey = useMemo(() => [...PEEKS, key], [key]);

  const list = useInfiniteQuery({
    queryKey: listKey,
    queryFn: ({ pageParam, signal }) =>
      client.alerts({ ...queryOf(filter, Date.now()), cursor: pageParam, limit: PAGE }, signal),
    initialPageParam: '',
    getNextPageParam: (page) => page.next ?? undefined,
    staleTime: Infinity,
  });
  const peek = useQuery({
    queryKey: peekKey,
    queryFn: ({ signal }) => client.alerts({ ...queryOf(filter, Date.now()), limit: PAGE }, signal),
    enabled: list.data !== undefined,
    refetchInterval: PEEK_EVERY_MS,
    staleTime: 0,
    retry: false,
  });

  const peekSoon = useThrottled(
    useCallback(() => void queryClient.invalidateQueries({ queryKey: PEEKS }), [queryClient]),
    PEEK_PAUSE_MS,
  );
  useLive('alert', (data, isReset) => {
    if (isReset) void queryClient.invalidateQueries({ queryKey: ONE });
    else if (isLiveAlert(data) && !data.opened) patchLive(queryClient, data);
    peekSoon();
  });

  const { data: fresh } = peek;
  useEffect(() => {
    if (fresh === undefined) return;
    queryClient.setQueryData<AlertPages>(listKey, (data) =>
      data === undefined ? data : mergeRows(data, fresh.items),
    );
  }, [fresh, listKey, queryClient]);

  const rows = useMemo(() => unique(list.data?.pages.flatMap((page) => page.items) ?? []), [list.data]);
  const pending = useMemo(() => countUnknown(rows, fresh?.items ?? []), [rows, fresh]);
  const bringIn = useCallback(() => {
    if (fresh === undefined) return;
    queryClient.setQueryData(listKey, { pages: [fresh], pageParams: [''] });
  }, [fresh, listKey, queryClient]);
  const newest = fresh ?? list.data?.pages[0];
  return {
    rows,
    counts: newest?.counts ?? null,
    total: newest?.total ?? 0,
    isCapped: newest?.total_capped ?? false,
    asOf: list.data?.pages[0]?.as_of ?? '',
    isLoading: list.isPending,
    error: list.data === undefined ? list.error : null,
    staleSince: list.data !== undefined && peek.isError ? Math.max(peek.dataUpdatedAt, list.dataUpdatedAt) : null,
    pending,
    bringIn,
    hasMore: list.hasNextPage,
    loadMore: () => {
      if (!list.isFetching) void list.fetchNextPage();
    },
    retry: () => void (list.data === undefined ? list.refetch() : peek.refetch()),
  };
}

/** A list that grew between two pages may name a row twice. */
function unique(rows: AlertRow[]): AlertRow[] {
  const seen = new Set<string>();
  return rows.filter((row) => !seen.has(row.id) && seen.add(row.id));
}

function countUnknown(rows: readonly AlertRow[], fresh: readonly AlertRow[]): number {
  const known = new Set(rows.map((row) => row.id));
  return fresh.filter((row) => !known.has(row.id)).length;
}

function patchLive(queryClient: ReturnType<typeof useQueryClient>, live: LiveAlert): void {
  const lists = queryClient.getQueriesData<AlertPages>({ queryKey: LISTS });
  const rows = lists.flatMap(([, data]) => data?.pages.flatMap((page) => page.items) ?? []);
  const known = rows.find((row) => row.id === live.id);
  const isNewer = known === undefined || known.version < live.version;
  if (known && isNewer) patchAlert(queryClient, live.id, { state: live.state, version: live.version });
  if (isNewer) void queryClient.invalidateQueries({ queryKey: [...ONE, live.id] });
}

export function isLiveAlert(data: unknown): data is LiveAlert {
  return typeof data === 'object' && data !== null && 'id' in data && 'version' in data;
}
