/// What the centre notes down in words of its own, said in the reader's language: the last change of
/// packs, and the figure before the reason of a rule that an import left off.
import type { Dictionary } from '../../lib/i18n/i18n';

const CHANGE = /^(back )?(import|remove) ([a-z0-9-]+)$/;

/** `import NAME`, `remove NAME`, or either of them taken back; anything else as it stands. */
export function changeText(what: string, text: Dictionary): string {
  const [, back, verb, pack] = CHANGE.exec(what) ?? [];
  if (pack === undefined) return what;
  const change = text.packs.changes[verb === 'import' ? 'import' : 'remove'](pack);
  return back === undefined ? change : text.packs.undone(change);
}

/** Whether the last change was itself a step back: the next one does it again. */
export function isUndone(what: string): boolean {
  return what.startsWith('back ');
}

/** What is done again after a step back. */
export function undoneChange(what: string): string {
  return what.replace(/^back /, '');
}

const NOISE = /^noisy: (\d+) a day(?:; (.*))?$/s;

/** Why a rule is off: what an import counted, then what the person wrote. */
export function whyText(why: string, text: Dictionary): string {
  const [, perDay, rest] = NOISE.exec(why) ?? [];
  if (perDay === undefined) return why;
  const tried = text.off.tried(perDay === '0' ? '<1' : perDay);
  return rest === undefined ? tried : `${tried}; ${rest}`;
}
