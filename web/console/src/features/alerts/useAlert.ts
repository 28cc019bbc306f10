/// One alert with its evidence; kept fresh by the live line through its key.
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import type { Alert } from '../../lib/api';
import { useClient } from '../../lib/context';
import { ONE } from './cache';

export function useAlert(id: string | null): UseQueryResult<Alert> {
  const client = useClient();
  return useQuery({
    queryKey: [...ONE, id ?? ''],
    queryFn: ({ signal }) => client.alert(id ?? '', signal),
    enabled: id !== null,
  });
}
