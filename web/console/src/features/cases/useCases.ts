/// Cases, asked again every quarter minute: two people work on one, and each sees what the other did.
import { useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { useCallback } from 'react';
import type { Case, CaseDetail, CasePage, CaseState, CaseTimeline } from '../../lib/cases';
import type { CaseQuery } from '../../lib/client.cases';
import { useClient } from '../../lib/context';
import { useText } from '../../lib/i18n/i18n';
import { problemText } from '../../lib/problem';
import { usePages, type Pages } from '../../lib/usePages';
import { useToast } from '../../ui/Toasts';

const ASK_EVERY_MS = 15_000;
/** What a column of the board holds; the list has all. */
export const COLUMN = 50;

export function useColumn(state: CaseState, query: CaseQuery): UseQueryResult<CasePage> {
  const client = useClient();
  const asked = { ...query, state, limit: String(COLUMN) };
  return useQuery({
    queryKey: ['cases', 'column', asked],
    queryFn: ({ signal }) => client.cases(asked, signal),
    refetchInterval: ASK_EVERY_MS,
  });
}

export function useCaseList(query: CaseQuery): Pages<Case, CasePage> {
  const client = useClient();
  return usePages<Case, CasePage>('cases', query, ASK_EVERY_MS, (cursor, signal) => client.cases({ ...query, cursor, limit: '100' }, signal));
}

export function useCase(id: string): UseQueryResult<CaseDetail> {
  const client = useClient();
  return useQuery({
    queryKey: ['cases', 'one', id],
    queryFn: ({ signal }) => client.case(id, signal),
    refetchInterval: ASK_EVERY_MS,
  });
}

/** The cases that an alert is in already. */
export function useCasesOf(alert: string | null): readonly Case[] {
  const client = useClient();
  const { data } = useQuery({
    queryKey: ['cases', 'of', alert],
    queryFn: ({ signal }) => client.cases({ alert: alert ?? '', limit: '20' }, signal),
    enabled: alert !== null,
  });
  return data?.items ?? [];
}

export interface Line {
  pages: readonly CaseTimeline[];
  isLoading: boolean;
  error: Error | null;
  retry: () => void;
}

/** The timeline, page after page; as many pages as were asked for. */
export function useTimeline(id: string, pages: number): Line {
  const client = useClient();
  const line = useQuery({
    queryKey: ['cases', 'one', id, 'timeline', pages],
    queryFn: async ({ signal }) => {
      const found: CaseTimeline[] = [];
      let cursor: string | null = '';
      while (cursor !== null && found.length < pages) {
        const page: CaseTimeline = await client.caseTimeline(id, cursor, signal);
        found.push(page);
        cursor = page.next;
      }
      return found;
    },
    placeholderData: (last) => last,
    refetchInterval: ASK_EVERY_MS,
  });
  return { pages: line.data ?? [], isLoading: line.data === undefined, error: line.error, retry: () => void line.refetch() };
}

/** Does something with cases: asks everything of them again, and says when it could not be done. */
export function useDo(): <Told>(work: () => Promise<Told>, said?: string) => Promise<Told | null> {
  const queryClient = useQueryClient();
  const text = useText();
  const toast = useToast();
  return useCallback(
    async (work, said) => {
      try {
        const told = await work();
        if (said !== undefined) toast({ message: said });
        await queryClient.invalidateQueries({ queryKey: ['cases'] });
        return told;
      } catch (error) {
        const { message, requestId } = problemText(error, text);
        const id = requestId === null ? '' : ` (${requestId})`;
        toast({ message: `${text.cases.failed}: ${message}${id}`, isFailure: true });
        void queryClient.invalidateQueries({ queryKey: ['cases'] });
        return null;
      }
    },
    [queryClient, text, toast],
  );
}
