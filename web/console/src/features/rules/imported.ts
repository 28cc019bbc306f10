/// What a preview shows, and which of its rules are left off when it is applied.
import type { ImportItem, RuleImport } from '../../lib/api';

export const GROUPS = ['all', 'noisy', 'added', 'changed', 'removed'] as const;
export type Group = (typeof GROUPS)[number];

/** Whether the numbers of alerts say something: they are counted when the trial is over. */
export type Figures = 'waiting' | 'missing' | 'told';

export function figuresOf({ state, from }: RuleImport['preview']): Figures {
  if (state === 'running') return 'waiting';
  return state === 'failed' || from === null ? 'missing' : 'told';
}

/** What a person has ticked or unticked; a noisy rule that nobody touched is left off. */
export type Choices = ReadonlyMap<string, boolean>;

export function isOff(item: ImportItem, choices: Choices): boolean {
  return item.change !== 'removed' && (choices.get(item.id) ?? item.noisy);
}

export function offIds(items: readonly ImportItem[], choices: Choices): string[] {
  return items.filter((item) => isOff(item, choices)).map((item) => item.id);
}

/** The same answer for every rule of the pack. */
export function chooseAll(items: readonly ImportItem[], choose: (item: ImportItem) => boolean): Choices {
  return new Map(items.map((item) => [item.id, choose(item)]));
}

export function isIn(item: ImportItem, group: Group): boolean {
  if (group === 'all') return true;
  return group === 'noisy' ? item.noisy : item.change === group;
}

/** How many days the tried events span, as the figures say it; null while no rule has any alerts. */
export function spanOf(items: readonly ImportItem[]): number | null {
  const most = items.reduce<ImportItem | null>((last, item) => (item.alerts > (last?.alerts ?? 0) ? item : last), null);
  return most === null || most.per_day <= 0 ? null : most.alerts / most.per_day;
}

/** The loudest first. */
export function loudest(items: readonly ImportItem[]): ImportItem[] {
  return [...items].sort(
    (a, b) =>
      Number(b.noisy) - Number(a.noisy) ||
      b.per_day - a.per_day ||
      a.title.localeCompare(b.title) ||
      a.id.localeCompare(b.id),
  );
}
