/// One alert may stand in several lists and on its own page: a change reaches all of them, and only
/// the changed row becomes a new object, so that nothing else is drawn again.
import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import type { Alert, AlertPage, AlertRow } from '../../lib/api';

export const LISTS = ['alerts', 'list'] as const;
export const PEEKS = ['alerts', 'peek'] as const;
export const ONE = ['alerts', 'one'] as const;

export type AlertPages = InfiniteData<AlertPage, string | undefined>;

export function patchAlert(queryClient: QueryClient, id: string, patch: Partial<AlertRow>): void {
  queryClient.setQueriesData<AlertPages>({ queryKey: LISTS }, (data) =>
    data === undefined ? data : mapRows(data, (row) => (row.id === id ? { ...row, ...patch } : row)),
  );
  queryClient.setQueryData<Alert>([...ONE, id], (alert) =>
    // The row knows less of the rule than the page does.
    alert === undefined ? alert : { ...alert, ...patch, rule: alert.rule },
  );
}

/** Takes over newer versions of rows that are already listed; the order stays as it is. */
export function mergeRows(data: AlertPages, fresh: readonly AlertRow[]): AlertPages {
  const byId = new Map(fresh.map((row) => [row.id, row]));
  return mapRows(data, (row) => {
    const newer = byId.get(row.id);
    if (newer === undefined || newer.version < row.version) return row;
    return isSame(row, newer) ? row : newer;
  });
}

function mapRows(data: AlertPages, change: (row: AlertRow) => AlertRow): AlertPages {
  let isChanged = false;
  const pages = data.pages.map((page) => {
    const items = page.items.map(change);
    if (items.every((row, at) => row === page.items[at])) return page;
    isChanged = true;
    return { ...page, items };
  });
  return isChanged ? { ...data, pages } : data;
}

function isSame(a: AlertRow, b: AlertRow): boolean {
  return (
    a.version === b.version &&
    a.count === b.count &&
    a.last === b.last &&
    a.state === b.state &&
    a.verdict === b.verdict &&
    a.assignee === b.assignee &&
    a.due === b.due
  );
}
