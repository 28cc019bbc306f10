/// One's own sessions and tokens.
import { useQuery, type UseMutationResult, type UseQueryResult } from '@tanstack/react-query';
import type { OpenSession, Token } from '../../lib/client.people';
import type { Client } from '../../lib/client';
import { useClient, useSession } from '../../lib/context';
import { useSend } from '../../lib/useSend';

export function useSessions(): UseQueryResult<readonly OpenSession[]> {
  const client = useClient();
  const { user } = useSession();
  return useQuery({
    queryKey: ['account', 'sessions'],
    queryFn: async ({ signal }) => (await client.sessions(signal)).items.filter((session) => session.user === user),
  });
}

export function useTokens(): UseQueryResult<readonly Token[]> {
  const client = useClient();
  const { user } = useSession();
  return useQuery({
    queryKey: ['account', 'tokens'],
    queryFn: async ({ signal }) => (await client.tokens(signal)).items.filter((token) => token.user === user),
  });
}

/** A change of one's own; sessions and tokens are asked again after it. */
export function useAccountSend<Given, Told>(
  send: (client: Client, given: Given) => Promise<Told>,
  onDone: (told: Told, given: Given) => void,
): UseMutationResult<Told, Error, Given> {
  return useSend('account', send, onDone);
}
