/// A change of something that is shown: whatever it was, everything under its key is asked again after it.
import { useMutation, useQueryClient, type UseMutationResult } from '@tanstack/react-query';
import type { Client } from './client';
import { useClient } from './context';

export function useSend<Given, Told>(
  key: string,
  send: (client: Client, given: Given) => Promise<Told>,
  onDone: (told: Told, given: Given) => void,
): UseMutationResult<Told, Error, Given> {
  const client = useClient();
  const queryClient = useQueryClient();
  return useMutation({
    // What is told may be a secret that is shown once: it is not kept.
    gcTime: 0,
    mutationFn: (given: Given) => send(client, given),
    onSuccess: (told, given) => {
      void queryClient.invalidateQueries({ queryKey: [key] });
      onDone(told, given);
    },
  });
}
