/// A search and its pages. "Now" is fixed when the search starts, so that loading more continues the
/// same question.
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { Event, EventPage } from '../../lib/api';
import { useClient } from '../../lib/context';
import { resolve } from '../../lib/range';
import { asked as queryOf, type Search } from './search';

const PAGE = '100';

interface PageParam {
  cursor: string;
  from?: string;
  to?: string;
}

export interface Events {
  events: readonly Event[];
  first: EventPage | null;
  isLoading: boolean;
  isFetching: boolean;
  error: Error | null;
  hasMore: boolean;
  loadMore: () => void;
  search: () => void;
}

export function useEvents(search: Search): Events {
  const client = useClient();
  const { range } = search;
  const q = queryOf(search);
  const query = useInfiniteQuery({
    queryKey: ['events', q, range.from, range.to],
    queryFn: async ({ pageParam, signal }) => {
      const asked = pageParam ?? { cursor: '', ...resolve(range, Date.now()) };
      const page = await client.events({ q, limit: PAGE, ...asked }, signal);
      return { page, asked };
    },
    initialPageParam: null as PageParam | null,
    getNextPageParam: ({ page, asked }) =>
      page.next === null ? undefined : { ...asked, cursor: page.next },
    staleTime: 60_000,
  });
  const { data } = query;
  const events = useMemo(() => data?.pages.flatMap(({ page }) => page.items) ?? [], [data]);
  return {
    events,
    first: data?.pages[0]?.page ?? null,
    isLoading: query.isPending,
    isFetching: query.isFetching,
    error: query.error,
    hasMore: query.hasNextPage,
    loadMore: () => {
      if (!query.isFetching) void query.fetchNextPage();
    },
    search: () => void query.refetch(),
  };
}
