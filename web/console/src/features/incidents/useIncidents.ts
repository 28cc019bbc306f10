/// Incidents, asked again every quarter minute, and changing them: never over what somebody else did.
import { useMutation, useQuery, useQueryClient, type UseMutationResult, type UseQueryResult } from '@tanstack/react-query';
import { ApiError } from '../../lib/client';
import { useClient, useMay } from '../../lib/context';
import type { Incident, IncidentChange, IncidentDetail, IncidentPage } from '../../lib/incidents';
import { usePages, type Pages } from '../../lib/usePages';
import { queryOf, type IncidentFilter } from './filter';

const PAGE = '100';
const ASK_EVERY_MS = 15_000;
export type Incidents = Pages<Incident, IncidentPage>;

export function useIncidents(filter: IncidentFilter): Incidents {
  const client = useClient();
  const query = queryOf(filter);
  return usePages<Incident, IncidentPage>('incidents', query, ASK_EVERY_MS, (cursor, signal) =>
    client.incidents({ ...query, cursor, limit: PAGE }, signal),
  );
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
