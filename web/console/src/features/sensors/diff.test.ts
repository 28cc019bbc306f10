import { describe, expect, it } from 'vitest';
import { lineDiff, shortened } from './diff';

const told = (before: string, after: string) =>
  shortened(lineDiff(before, after)).map((line) => (line.kind === 'skipped' ? `…${String(line.count)}` : `${{ same: ' ', added: '+', removed: '-' }[line.kind]}${line.text}`));

describe('what changed between two texts', () => {
  it.each<[string, string, string, string[]]>([
    ['nothing', 'a\nb\n', 'a\nb\n', []],
    ['nothing but the end of the last line', 'a\nb', 'a\r\nb\n', []],
    ['from nothing', '', 'a\nb\n', ['+a', '+b']],
    ['to nothing', 'a\n', '', ['-a']],
    ['a line in the middle', '1\n2\n3\n4\n5\n6\n7\n', '1\n2\n3\nx\n5\n6\n7\n', ['…1', ' 2', ' 3', '-4', '+x', ' 5', ' 6', '…1']],
    ['a line taken out between others that stay', 'a\nb\nc\n', 'a\nc\n', [' a', '-b', ' c']],
    ['lines that moved', 'a\nb\nc\n', 'c\na\nb\n', ['+c', ' a', ' b', '-c']],
    ['the same line twice', 'a\na\n', 'a\na\na\n', [' a', ' a', '+a']],
  ])('%s', (_what, before, after, lines) => {
    expect(told(before, after)).toEqual(lines);
  });

  it('puts both texts together again, whatever they are', () => {
    let seed = 7;
    const next = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let round = 0; round < 200; round += 1) {
      const make = () => Array.from({ length: next(9) }, () => `l${String(next(4))}\n`).join('');
      const [before, after] = [make(), make()];
      const diff = lineDiff(before, after);
      const side = (left: string) => diff.filter(({ kind }) => kind !== left).map(({ text }) => `${text}\n`).join('');
      expect(side('added')).toBe(before);
      expect(side('removed')).toBe(after);
    }
  });

  it('does not compare every line of two long texts', () => {
    const long = (word: string) => Array.from({ length: 30_000 }, (_, at) => `${word}${String(at)}`).join('\n');
    const diff = lineDiff(`same\n${long('a')}`, `same\n${long('b')}`);
    expect(diff).toHaveLength(60_001);
    expect(diff[0]).toEqual({ kind: 'same', text: 'same' });
  });
});
