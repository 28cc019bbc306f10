/// Where an exception is in its life, and which ones a page shows.
import type { RuleException } from '../../lib/api';
import type { Term } from '../../ui/Marks';

/** So long before its end an exception wants a look. */
const SOON_MS = 7 * 86_400_000;

export const TERMS: readonly Term[] = ['running', 'soon', 'expired'];

export function termOf(exception: RuleException, now: number): Term {
  if (exception.expired) return 'expired';
  if (exception.expires === null) return 'running';
  const left = Date.parse(exception.expires) - now;
  if (left <= 0) return 'expired';
  return left <= SOON_MS ? 'soon' : 'running';
}

/** What ends first stands first; what has ended stands last, the newest end before the others. */
export function inOrder(exceptions: readonly RuleException[], now: number): RuleException[] {
  const end = ({ expires }: RuleException) => (expires === null ? Infinity : Date.parse(expires));
  return [...exceptions].sort((a, b) => {
    const [isOver, isOverToo] = [a, b].map((each) => termOf(each, now) === 'expired');
    if (isOver !== isOverToo) return isOver ? 1 : -1;
    if (end(a) === end(b)) return a.id.localeCompare(b.id);
    return (end(a) < end(b) ? -1 : 1) * (isOver ? -1 : 1);
  });
}

/** Whether somebody who types this means this exception. */
export function isMeant(exception: RuleException, typed: string): boolean {
  const text = typed.trim().toLowerCase();
  if (text === '') return true;
  const { rule, owner, reason, match, id } = exception;
  const told = [rule.title, rule.vi?.title ?? '', rule.id, owner, reason, id];
  const values = match.flatMap(({ field, values: each }) => [field, ...each]);
  return [...told, ...values].some((each) => each.toLowerCase().includes(text));
}
