/// An entity with its risk; the same answer serves an alert's side and the entity's page.
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useClient } from './context';
import type { EntityPage, EntityType } from './triage';

export function useEntity(type: EntityType | null, value: string, exercise: boolean): UseQueryResult<EntityPage> {
  const client = useClient();
  return useQuery({
    queryKey: ['entities', type, value, exercise],
    queryFn: ({ signal }) => client.entity(type ?? 'ip', value, exercise, signal),
    enabled: type !== null && value !== '',
    staleTime: 30_000,
    retry: false,
  });
}
