/// Marking alerts by keys, and what the marks mean to a change of many.
import { useMemo } from 'react';
import type { AlertRow } from '../../lib/api';
import { number } from '../../lib/format';
import { useSpeech, type Dictionary } from '../../lib/i18n/i18n';
import type { Action } from '../../lib/shortcuts';
import type { Many } from './actions';
import { meantOf, type AlertFilter } from './filter';
import type { Alerts } from './useAlerts';
import type { Marks } from './useMarks';

/** Null while nothing is marked: then keys mean the selected alert. */
export function useMany(marks: Marks, filter: AlertFilter, alerts: Alerts): Many | null {
  const { language } = useSpeech();
  const { asOf, total, isCapped } = alerts;
  return useMemo(() => {
    if (marks.ids.size === 0) return null;
    const onSent = marks.clear;
    if (!marks.isAll) return { meant: { ids: [...marks.ids], as_of: asOf }, count: number(marks.ids.size, language), onSent };
    const count = (isCapped ? '> ' : '') + number(total, language);
    return { meant: { filter: meantOf(filter, Date.now(), asOf) }, count, onSent };
  }, [marks, filter, asOf, total, isCapped, language]);
}

/** x marks, Shift goes on marking, Ctrl A takes what is loaded; Escape lets go. */
export function markActions(given: {
  marks: Marks;
  selectedId: string | null;
  mayWrite: boolean;
  move: (step: number) => void;
  text: Dictionary;
  rows: readonly AlertRow[];
}): Action[] {
  const { marks, selectedId: id, mayWrite, move, text } = given;
  const group = text.action.group.queue;
  const isDisabled = !mayWrite || id === null;
  const further = (step: number) => () => {
    if (id === null) return;
    marks.add(id);
    const at = given.rows.findIndex((row) => row.id === id) + step;
    const next = given.rows[at];
    if (next) marks.add(next.id);
    move(step);
  };
  return [
    { name: 'mark', label: text.triage.mark, group, keys: ['x'], perform: () => id !== null && marks.toggle(id), isDisabled },
    { name: 'mark-range', label: text.triage.markRange, group, keys: ['X'], perform: () => id !== null && marks.range(id), isDisabled },
    { name: 'mark-next', label: text.triage.markNext, group, keys: ['J'], perform: further(1), isDisabled },
    { name: 'mark-prev', label: text.triage.markPrev, group, keys: ['K'], perform: further(-1), isDisabled },
    { name: 'mark-loaded', label: text.triage.markLoaded, group, keys: ['mod+a'], perform: marks.loaded, isDisabled: !mayWrite || given.rows.length === 0 },
    { name: 'unmark', label: text.triage.unmark, group, keys: ['Escape'], perform: marks.clear, isDisabled: marks.ids.size === 0 },
  ];
}
