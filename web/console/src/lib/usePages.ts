/// A list that is read page by page, and asked again while it is short.
import { useInfiniteQuery, type InfiniteData } from '@tanstack/react-query';
import { useMemo } from 'react';

/** A list that was read far down is not asked for again as a whole. */
const PAGES_TO_REFRESH = 3;

interface PageOf<Row> {
  items: readonly Row[];
  next?: string | null;
}

export interface Pages<Row, Page> {
  rows: readonly Row[];
  /** Null before the first answer. */
  first: Page | null;
  isLoading: boolean;
  error: Error | null;
  asOf: number;
  hasMore: boolean;
  loadMore: () => void;
  retry: () => void;
}

export function usePages<Row extends { id: string }, Page extends PageOf<Row>>(
  name: string,
  query: object,
  everyMs: number,
  ask: (cursor: string, signal: AbortSignal) => Promise<Page>,
): Pages<Row, Page> {
  const list = useInfiniteQuery<Page, Error, InfiniteData<Page, string>, unknown[], string>({
    queryKey: [name, 'list', query],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) => ask(pageParam, signal),
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) > PAGES_TO_REFRESH ? false : everyMs),
  });
  const rows = useMemo(() => unique<Row>(list.data?.pages.flatMap((page) => page.items) ?? []), [list.data]);
  return {
    rows,
    first: list.data?.pages[0] ?? null,
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

/** A list that changed between two pages may name a row twice. */
function unique<Row extends { id: string }>(rows: readonly Row[]): Row[] {
  const seen = new Set<string>();
  return rows.filter((row) => !seen.has(row.id) && seen.add(row.id));
}
