/// The sources, asked again every quarter minute: freshness is worth little when it is old.
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import type { SourceList } from '../../lib/api';
import { useClient } from '../../lib/context';

export function useSources(): UseQueryResult<SourceList> {
  const client = useClient();
  return useQuery({
    queryKey: ['sources'],
    queryFn: ({ signal }) => client.sources(signal),
    refetchInterval: 15_000,
  });
}
