/// How the centre is: asked every half minute, at once when the live line says that it changed.
import { useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import type { Health } from './api';
import { useClient, useMay } from './context';
import { useLive } from './useLive';

export function useHealth(): UseQueryResult<Health> {
  const client = useClient();
  const queryClient = useQueryClient();
  const may = useMay('health.read');
  useLive('health', () => void queryClient.invalidateQueries({ queryKey: ['health'] }));
  return useQuery({
    queryKey: ['health'],
    queryFn: ({ signal }) => client.health(signal),
    enabled: may,
    refetchInterval: 30_000,
  });
}
