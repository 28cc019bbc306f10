/// One event; a row of the results serves until (and unless) a link names one that is not among them.
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import type { Event } from '../../lib/api';
import { useClient } from '../../lib/context';

export function useEvent(id: string, known: Event | null): UseQueryResult<Event> {
  const client = useClient();
  return useQuery({
    queryKey: ['event', id],
    queryFn: ({ signal }) => client.event(id, signal),
    // An event never changes.
    staleTime: Infinity,
    ...(known === null ? {} : { initialData: known }),
  });
}
