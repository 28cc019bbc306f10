/// What a change makes of a row at once, and the words that say that it was made or undone.
import type { AlertRow } from '../../lib/api';
import { number } from '../../lib/format';
import type { Dictionary, Language } from '../../lib/i18n/i18n';
import type { AlertBatch } from '../../lib/triage';
import type { Target } from './useChange';

export function patchOf(target: Target): Partial<AlertRow> {
  if ('assignee' in target) return { assignee: target.assignee === '' ? null : target.assignee };
  const verdict = target.state === 'closed' ? (target.verdict ?? null) : null;
  return { state: target.state, verdict, ...(target.state !== 'new' && { due: null }) };
}

export function doneText(target: Target, text: Dictionary): string {
  if (!('assignee' in target)) return text.action.done[target.state];
  return target.assignee === '' ? text.triage.doneNobody : text.triage.doneAssigned(target.assignee);
}

export function undoneText(told: AlertBatch | null, text: Dictionary, language: Language): string {
  const skipped = told?.skipped_count ?? 0;
  return skipped === 0 ? text.action.undone : text.triage.undonePartly(number(told?.changed ?? 0, language), number(skipped, language));
}
