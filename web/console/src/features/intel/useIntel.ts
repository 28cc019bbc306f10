/// Intel lists and their entries; hunts go on in the background, so the lists are asked again.
import {
  useInfiniteQuery,
  useQuery,
  type InfiniteData,
  type UseInfiniteQueryResult,
  type UseMutationResult,
  type UseQueryResult,
} from '@tanstack/react-query';
import type { IntelEntryPage, IntelLists } from '../../lib/api';
import type { Client } from '../../lib/client';
import { useClient } from '../../lib/context';
import { useSend } from '../../lib/useSend';

export function useIntel(): UseQueryResult<IntelLists> {
  const client = useClient();
  return useQuery({
    queryKey: ['intel', 'lists'],
    queryFn: ({ signal }) => client.intel(signal),
    refetchInterval: 15_000,
  });
}

export function useEntries(
  id: string,
  value: string,
): UseInfiniteQueryResult<InfiniteData<IntelEntryPage>> {
  const client = useClient();
  return useInfiniteQuery({
    queryKey: ['intel', 'entries', id, value],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) => client.intelEntries(id, { value, cursor: pageParam }, signal),
    getNextPageParam: (page) => page.next,
  });
}

/** A change of lists: whatever it was, lists and entries are asked again after it. */
export function useIntelChange<Given, Told>(
  send: (client: Client, given: Given) => Promise<Told>,
  onDone: (told: Told) => void,
): UseMutationResult<Told, Error, Given> {
  return useSend('intel', send, onDone);
}
