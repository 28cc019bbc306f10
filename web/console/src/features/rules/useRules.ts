/// The data of rules: the list page by page, one rule, the matrix, exceptions, packs, an import.
import {
  useInfiniteQuery,
  useQuery,
  type UseMutationResult,
  type UseQueryResult,
} from '@tanstack/react-query';
import { useMemo } from 'react';
import type { AttackMatrix, RuleDetail, RuleExceptions, RuleImport, RuleImports, RulePacks, RuleProblem, RuleRow } from '../../lib/api';
import type { Client } from '../../lib/client';
import { useClient, useMay, useSession } from '../../lib/context';
import { useSend } from '../../lib/useSend';
import { queryOf, type RuleFilter } from './filter';

const PAGE = '100';
const ASK_EVERY_MS = 60_000;
/** A list that was read far down is not asked for again as a whole. */
const PAGES_TO_REFRESH = 3;
const PREVIEW_EVERY_MS = 1_500;

export interface Rules {
  rows: readonly RuleRow[];
  /** Null before the first answer. */
  total: number | null;
  problems: readonly RuleProblem[];
  error: Error | null;
  asOf: number;
  hasMore: boolean;
  loadMore: () => void;
  retry: () => void;
}

export function useRules(filter: RuleFilter): Rules {
  const client = useClient();
  const query = queryOf(filter);
  const list = useInfiniteQuery({
    queryKey: ['rules', 'list', query],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) => client.rules({ ...query, cursor: pageParam, limit: PAGE }, signal),
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) > PAGES_TO_REFRESH ? false : ASK_EVERY_MS),
  });
  const rows = useMemo(() => unique(list.data?.pages.flatMap((page) => page.items) ?? []), [list.data]);
  const first = list.data?.pages[0];
  return {
    rows,
    total: first?.total ?? null,
    problems: first?.problems ?? [],
    error: list.error,
    asOf: list.dataUpdatedAt,
    hasMore: list.hasNextPage,
    loadMore: () => {
      if (!list.isFetching) void list.fetchNextPage();
    },
    retry: () => void list.refetch(),
  };
}

/** A list that changed between two pages may name a rule twice. */
function unique(rows: readonly RuleRow[]): RuleRow[] {
  const seen = new Set<string>();
  return rows.filter((row) => !seen.has(row.id) && seen.add(row.id));
}

export function useRule(id: string): UseQueryResult<RuleDetail> {
  const client = useClient();
  return useQuery({
    queryKey: ['rules', 'one', id],
    queryFn: ({ signal }) => client.rule(id, signal),
    refetchInterval: ASK_EVERY_MS,
  });
}

export function useAttack(): UseQueryResult<AttackMatrix> {
  const client = useClient();
  return useQuery({
    queryKey: ['rules', 'attack'],
    queryFn: ({ signal }) => client.attack(signal),
    refetchInterval: ASK_EVERY_MS,
  });
}

export function useExceptions(): UseQueryResult<RuleExceptions> {
  const client = useClient();
  return useQuery({
    queryKey: ['rules', 'exceptions'],
    queryFn: ({ signal }) => client.exceptions(signal),
    refetchInterval: ASK_EVERY_MS,
  });
}

export function usePacks(): UseQueryResult<RulePacks> {
  const client = useClient();
  return useQuery({
    queryKey: ['rules', 'packs'],
    queryFn: ({ signal }) => client.packs(signal),
    refetchInterval: ASK_EVERY_MS,
  });
}

/** Imports that nobody has decided on; only for who may import. */
export function useImports(): UseQueryResult<RuleImports> {
  const client = useClient();
  return useQuery({
    queryKey: ['rules', 'imports'],
    queryFn: ({ signal }) => client.ruleImports(signal),
    refetchInterval: ASK_EVERY_MS,
  });
}

/** Asked again while its preview runs. */
export function useImport(id: string): UseQueryResult<RuleImport> {
  const client = useClient();
  return useQuery({
    queryKey: ['rules', 'import', id],
    queryFn: ({ signal }) => client.ruleImport(id, signal),
    refetchInterval: ({ state }) => (state.data?.preview.state === 'running' ? PREVIEW_EVERY_MS : false),
  });
}

/** A change of rules: whatever it was, everything about rules is asked again after it. */
export function useRuleChange<Given, Told>(
  send: (client: Client, given: Given) => Promise<Told>,
  onDone: (told: Told, given: Given) => void,
): UseMutationResult<Told, Error, Given> {
  return useSend('rules', send, onDone);
}

export function useMayTune(): boolean {
  return useMay('rules.tune');
}

/** Packs hold for all sites: who imports them sees all of them. */
export function useMayImport(): boolean {
  const may = useMay('rules.write');
  return useSession().all_sites && may;
}
