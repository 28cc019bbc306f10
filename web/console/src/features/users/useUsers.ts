/// People who may sign in.
import { useQuery, type UseMutationResult, type UseQueryResult } from '@tanstack/react-query';
import type { Client } from '../../lib/client';
import type { User } from '../../lib/client.people';
import { useClient } from '../../lib/context';
import { useSend } from '../../lib/useSend';

export function useUsers(): UseQueryResult<readonly User[]> {
  const client = useClient();
  return useQuery({
    queryKey: ['users', 'list'],
    queryFn: async ({ signal }) => (await client.users(signal)).items,
  });
}

/** A change of people; the list is asked again after it. */
export function useUserSend<Given, Told>(
  send: (client: Client, given: Given) => Promise<Told>,
  onDone: (told: Told, given: Given) => void,
): UseMutationResult<Told, Error, Given> {
  return useSend('users', send, onDone);
}
