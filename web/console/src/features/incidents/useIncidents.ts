/// Incidents, asked again every quarter minute, and changing them: never over what somebody else did.
import { useInfiniteQuery, useMutation, useQuery, useQueryClient, type UseMutationResult, type UseQueryResult } from '@tanstack/react-query';
import { useMemo } from 'react';
import { ApiError } from '../../lib/client';
import { useClient, useMay } from '../../lib/context';
import type { Incident, IncidentChange, IncidentDetail } from '../../lib/incidents';
import { queryOf, type IncidentFilter } from './filter';

const PAGE = '100';
const ASK_EVERY_MS = 15_000;
/** A list that was read far down is not asked for again as a whole. */
const PAGES_TO_REFRESH = 3;

export interface Incidents {
  rows: readonly Incident[];
  isLoading: boolean;
  error: Error | null;
  asOf: number;
  hasMore: boolean;
  loadMore: () => void;
  retry: () => void;
}

export function useIncidents(filter: IncidentFilter): Incidents {
  const client = useClient();
  const query = queryOf(filter);
  const list = useInfiniteQuery({
    queryKey: ['incidents', 'list', query],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) => client.incidents({ ...query, cursor: pageParam, limit: PAGE }, signal),
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) > PAGES_TO_REFRESH ? false : ASK_EVERY_MS),
  });
  const rows = useMemo(() => unique(list.data?.pages.flatMap((page) => page.items) ?? []), [list.data]);
  return {
    rows,
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

/** A list that changed between two pages may name an incident twice. */
function unique(rows: readonly Incident[]): Incident[] {
  const seen = new Set<string>();
  return rows.filter((row) => !seen.has(row.id) && seen.add(row.id));
}

export function useIncident(id: string): UseQueryResult<IncidentDetail> {
  const client = useClient();
  return useQuery({
    queryKey: ['incidents', 'one', id],
    queryFn: ({ signal }) => client.incident(id, signal),
    refetchInterval: ASK_EVERY_MS,
  });
}

export interface Step {
  incident: Incident;
  change: Omit<IncidentChange, 'version'>;
}

/**
 * One step with an incident. When somebody was faster, the newest version is loaded and the error says
 * so: the person looks at it before doing it again.
 */
export function useIncidentChange(onDone: (after: Incident, step: Step) => void): UseMutationResult<Incident, Error, Step> {
  const client = useClient();
  const queryClient = useQueryClient();
  const refresh = () => queryClient.invalidateQueries({ queryKey: ['incidents'] });
  return useMutation({
    mutationFn: ({ incident, change }: Step) => client.changeIncident(incident.id, { ...change, version: incident.version }),
    onSuccess: async (after, step) => {
      await refresh();
      onDone(after, step);
    },
    onError: (error) => {
      if (error instanceof ApiError && error.status === 409) void refresh();
    },
  });
}

export function useMayWrite(): boolean {
  return useMay('incidents.write');
}
