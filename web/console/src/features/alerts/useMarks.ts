/// The alerts that are marked for one change of many: some of the list, or all that match. Marks survive every update
/// of the list; another filter is another question and has none.
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { AlertRow } from '../../lib/api';

export interface Marks {
  ids: ReadonlySet<string>;
  /** All that match are meant, also those that are not loaded. */
  isAll: boolean;
  toggle: (id: string) => void;
  /** From the last one that was marked to this one. */
  range: (id: string) => void;
  add: (id: string) => void;
  loaded: () => void;
  all: () => void;
  clear: () => void;
}

interface Held {
  of: string;
  ids: ReadonlySet<string>;
  isAll: boolean;
}

export function useMarks(rows: readonly AlertRow[], of: string): Marks {
  const [held, setHeld] = useState<Held>({ of, ids: new Set(), isAll: false });
  const last = useRef<string | null>(null);
  const latest = useRef(rows);
  useEffect(() => {
    latest.current = rows;
  });
  const isOf = held.of === of;

  const change = useCallback(
    (next: (ids: ReadonlySet<string>) => ReadonlySet<string>, isAll = false) =>
      setHeld((was) => ({ of, ids: next(was.of === of ? was.ids : new Set()), isAll })),
    [of],
  );
  const add = useCallback(
    (id: string) => {
      last.current = id;
      change((ids) => new Set([...ids, id]));
    },
    [change],
  );
  const toggle = useCallback(
    (id: string) => {
      last.current = id;
      change((ids) => {
        const next = new Set(ids);
        if (!next.delete(id)) next.add(id);
        return next;
      });
    },
    [change],
  );
  const range = useCallback(
    (id: string) => {
      const span = between(latest.current, last.current ?? id, id);
      last.current = id;
      change((ids) => new Set([...ids, ...span]));
    },
    [change],
  );
  const loaded = useCallback(() => change(() => new Set(latest.current.map((row) => row.id))), [change]);
  const all = useCallback(() => change(() => new Set(latest.current.map((row) => row.id)), true), [change]);
  const clear = useCallback(() => {
    last.current = null;
    change(() => new Set());
  }, [change]);
  return useMemo(
    () => ({ ids: isOf ? held.ids : NONE, isAll: isOf && held.isAll, toggle, range, add, loaded, all, clear }),
    [isOf, held, toggle, range, add, loaded, all, clear],
  );
}

const NONE: ReadonlySet<string> = new Set();

/** The ids from one row to another, both named, whichever comes first; a row that is gone is no end. */
export function between(rows: readonly AlertRow[], from: string, to: string): string[] {
  const ids = rows.map((row) => row.id);
  const ends = [ids.indexOf(from), ids.indexOf(to)].filter((at) => at >= 0);
  if (ends.length === 0) return [];
  return ids.slice(Math.min(...ends), Math.max(...ends) + 1);
}
