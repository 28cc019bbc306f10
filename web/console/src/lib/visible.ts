/// Attacker-controlled strings made harmless to the eye: nothing invisible, nothing that reorders
/// text, and addresses that cannot be clicked or pasted into a browser by accident.

/** Control, format (bidi, zero width, tags), surrogate, private and odd space characters. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\u115f\u1160\u2800\u3164\uffa0]|(?! )\p{Zs}/gu;

const SHORT: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\0': '\\0' };

export interface Part {
  text: string;
  escaped: boolean;
}

/** The string with every hidden character written as an escape. */
export function visible(value: string): string {
  return value.replace(HIDDEN, escapeOf);
}

/** The same, cut into plain and escaped parts so that escapes can be drawn differently. */
export function visibleParts(value: string): Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (const match of value.matchAll(HIDDEN)) {
    if (match.index > from) parts.push({ text: value.slice(from, match.index), escaped: false });
    parts.push({ text: escapeOf(match[0]), escaped: true });
    from = match.index + match[0].length;
  }
  if (from < value.length) parts.push({ text: value.slice(from), escaped: false });
  return parts;
}

/** A long value cut where a line may end: behind the separators of names, paths and addresses. */
export function breakable(value: string): string[] {
  return value.split(/(?<=[./\\:;,@=&?_-])(?=[^./\\:;,@=&?_-])/);
}

/** Many lines (JSON, rules): line feeds stay, everything else hidden is escaped. */
export function visibleLines(value: string): string {
  return value.split('\n').map(visible).join('\n');
}

const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;
const IPV6 = /^(?=.*:.*:)[0-9a-f:.]+$/i;
const URL_LIKE = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/is;
const MAIL = /^[^\s@/]+@[^\s@/]+\.[^\s@/]+$/;
const DOMAIN = /^(?:[\p{L}\p{N}_*-]+\.)+[\p{L}][\p{L}\p{N}-]+\.?$/u;

/** hxxp and [.]: what may be pasted into a report or a chat without becoming a link. */
export function defang(value: string): string {
  const url = URL_LIKE.exec(value);
  if (url) {
    const [, scheme = '', host = '', rest = ''] = url;
    return `${scheme.replace(/^http/i, 'hxxp').replace(/^ftp/i, 'fxp')}://${dots(host)}${rest}`;
  }
  if (IPV6.test(value)) return value.replaceAll(':', '[:]');
  if (MAIL.test(value)) return dots(value).replace('@', '[@]');
  if (IPV4.test(value) || DOMAIN.test(value)) return dots(value);
  return value;
}

/** Whether a defanged copy would differ from a plain one. */
export function isFangable(value: string): boolean {
  return defang(value) !== value;
}

function dots(text: string): string {
  return text.replaceAll('.', '[.]');
}

function escapeOf(character: string): string {
  const short = SHORT[character];
  if (short !== undefined) return short;
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`;
}
