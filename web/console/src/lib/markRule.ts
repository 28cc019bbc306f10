/// Which parts of a rule's text made it fire: the keys of matched fields, and the patterns under
/// them that the matched values contain. A reading aid, not a second matcher: it may miss a mark
/// (mapped names, regular expressions), but it marks only what stands under a matched field.

export interface RulePart {
  text: string;
  isMarked: boolean;
}

const KEY = /^(\s*(?:- )?)(['"]?)([\w.@-]+)((?:\|\w+)*)\2:(\s*)(.*)$/;
const ITEM = /^(\s*- )(.*)$/;
const TOP = /^(\w[\w-]*):/;

export function markRule(source: string, matched: Record<string, unknown>): RulePart[][] {
  const values = new Map(
    Object.entries(matched).map(([name, value]) => [name, textOf(value)]),
  );
  let isDetection = false;
  let under: { value: string; isPattern: boolean; indent: number } | null = null;
  return source.split('\n').map((line) => {
    const top = TOP.exec(line);
    if (top) isDetection = top[1] === 'detection';
    if (!isDetection || top) return plain(line);
    const indent = line.search(/\S/);
    const item = ITEM.exec(line);
    if (under && item && indent >= under.indent && !KEY.test(line)) {
      const [, before = '', pattern = ''] = item;
      return isHit(pattern, under) ? cut(before, pattern, '') : plain(line);
    }
    const key = KEY.exec(line);
    under = null;
    if (!key) return plain(line);
    const [, before = '', quote = '', name = '', modifiers = '', space = '', rest = ''] = key;
    const value = values.get(name);
    if (value === undefined) return plain(line);
    under = { value, isPattern: /\|re\b|\|cidr\b|\|gte?\b|\|lte?\b/.test(modifiers), indent };
    const head = cut(before + quote, name + modifiers, `${quote}:${space}`);
    return rest !== '' && isHit(rest, under) ? [...head, ...cut('', rest, '')] : [...head, ...plain(rest)];
  });
}

function isHit(pattern: string, under: { value: string; isPattern: boolean }): boolean {
  if (under.isPattern) return true;
  const bare = pattern
    .trim()
    .replace(/^(['"])(.*)\1$/, '$2')
    .toLowerCase();
  const pieces = bare.split(/(?<!\\)[*?]/).filter((piece) => piece !== '');
  return pieces.length > 0 && pieces.every((piece) => under.value.includes(piece));
}

function textOf(value: unknown): string {
  return (typeof value === 'string' ? value : JSON.stringify(value)).toLowerCase();
}

function cut(before: string, marked: string, after: string): RulePart[] {
  return [
    { text: before, isMarked: false },
    { text: marked, isMarked: true },
    { text: after, isMarked: false },
  ].filter((part) => part.text !== '');
}

function plain(text: string): RulePart[] {
  return [{ text, isMarked: false }];
}
