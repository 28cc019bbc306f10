/// What an exception would silence, asked a moment after the last change; and making it.
import { keepPreviousData, useMutation, useQuery, useQueryClient, type UseMutationResult, type UseQueryResult } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { ExceptionDraft, ExceptionPreview, NewException, RuleException } from '../../lib/api';
import { useClient } from '../../lib/context';

const SETTLE_MS = 400;

/** Null while the draft is not whole: nothing is asked then. */
export function useExceptionPreview(draft: ExceptionDraft | null): UseQueryResult<ExceptionPreview> {
  const client = useClient();
  const settled = useSettled(draft === null ? '' : JSON.stringify(draft), SETTLE_MS);
  return useQuery({
    queryKey: ['exception-preview', settled],
    queryFn: ({ signal }) => client.previewException(JSON.parse(settled) as ExceptionDraft, signal),
    enabled: settled !== '' && draft !== null,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
}

export function useMakeException(onDone: () => void): UseMutationResult<RuleException, Error, NewException> {
  const client = useClient();
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (made: NewException) => client.makeException(made),
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: ['rules'] });
      onDone();
    },
  });
}

/** The value once it has stood still; the first is taken at once. */
function useSettled(value: string, ms: number): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}
