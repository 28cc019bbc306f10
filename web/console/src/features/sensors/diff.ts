/// What changed between two texts, line by line: small, and never slower than a page can bear.

export interface DiffLine {
  kind: 'same' | 'added' | 'removed';
  text: string;
}

/** Lines that stay, left out of sight. */
export interface Skipped {
  kind: 'skipped';
  count: number;
}

/** Unchanged lines that are shown on each side of a change. */
const CONTEXT = 2;
/** Comparing every line with every line; beyond it the middle is shown as replaced whole. */
const MAX_PAIRS = 1_000_000;

/** The lines of both texts in order. A line feed at the end is no line of its own. */
export function lineDiff(before: string, after: string): DiffLine[] {
  const [old, next] = [linesOf(before), linesOf(after)];
  let start = 0;
  while (start < old.length && start < next.length && old[start] === next[start]) start += 1;
  let end = 0;
  while (end < old.length - start && end < next.length - start && old.at(-1 - end) === next.at(-1 - end)) end += 1;
  const middle = changed(old.slice(start, old.length - end), next.slice(start, next.length - end));
  return [...lined('same', next.slice(0, start)), ...middle, ...lined('same', next.slice(next.length - end))];
}

/** Only what changed, with a little around it; nothing when nothing did. */
export function shortened(diff: readonly DiffLine[]): (DiffLine | Skipped)[] {
  const near = new Set<number>();
  diff.forEach(({ kind }, at) => {
    if (kind === 'same') return;
    for (let each = at - CONTEXT; each <= at + CONTEXT; each += 1) near.add(each);
  });
  if (near.size === 0) return [];
  const shown: (DiffLine | Skipped)[] = [];
  diff.forEach((line, at) => {
    if (near.has(at)) {
      shown.push(line);
      return;
    }
    const last = shown.at(-1);
    if (last?.kind === 'skipped') last.count += 1;
    else shown.push({ kind: 'skipped', count: 1 });
  });
  return shown;
}

function linesOf(text: string): string[] {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

const lined = (kind: DiffLine['kind'], lines: readonly string[]): DiffLine[] => lines.map((text) => ({ kind, text }));

/** The longest common subsequence stays; what was taken away stands before what came. */
function changed(old: readonly string[], next: readonly string[]): DiffLine[] {
  if (old.length * next.length > MAX_PAIRS) return [...lined('removed', old), ...lined('added', next)];
  const width = next.length + 1;
  const common = new Uint32Array((old.length + 1) * width);
  const lengthAt = (row: number, column: number) => common[row * width + column] ?? 0;
  for (let row = old.length - 1; row >= 0; row -= 1) {
    for (let column = next.length - 1; column >= 0; column -= 1) {
      common[row * width + column] =
        old[row] === next[column] ? lengthAt(row + 1, column + 1) + 1 : Math.max(lengthAt(row + 1, column), lengthAt(row, column + 1));
    }
  }
  const found: DiffLine[] = [];
  let [row, column] = [0, 0];
  while (row < old.length || column < next.length) {
    const [gone, came] = [old[row], next[column]];
    if (gone !== undefined && gone === came) {
      found.push({ kind: 'same', text: gone });
      row += 1;
      column += 1;
    } else if (gone !== undefined && (came === undefined || lengthAt(row + 1, column) >= lengthAt(row, column + 1))) {
      found.push({ kind: 'removed', text: gone });
      row += 1;
    } else {
      found.push({ kind: 'added', text: came ?? '' });
      column += 1;
    }
  }
  return found;
}
