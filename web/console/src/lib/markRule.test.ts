import { expect, it } from 'vitest';
import { markRule } from './markRule';

const RULE = `title: PowerShell
detection:
    image:
        Image|endswith:
            - '\\powershell.exe'
            - '\\pwsh.exe'
    encoded:
        CommandLine|contains: ' -enc '
        Other: 'x'
    condition: image and encoded
tags:
    - Image`;

function marked(matched: Record<string, unknown>): string[] {
  return markRule(RULE, matched).flatMap((line) =>
    line.filter((part) => part.isMarked).map((part) => part.text),
  );
}

it('marks the matched keys and the patterns that their values hold', () => {
  expect(marked({ Image: 'C:\\Windows\\PowerShell.exe', CommandLine: 'powershell -ENC abc' })).toEqual([
    'Image|endswith',
    "'\\powershell.exe'",
    'CommandLine|contains',
    "' -enc '",
  ]);
});

it('marks nothing without matches, and loses no text', () => {
  expect(marked({})).toEqual([]);
  const back = markRule(RULE, { Image: 'x' }).map((line) => line.map((part) => part.text).join(''));
  expect(back.join('\n')).toBe(RULE);
});

it('takes the word of the rule where it has a regular expression or a number', () => {
  const rule = 'detection:\n  s:\n    a|re: ^x+$\n    b|gte: 3\n    c: 4';
  const parts = markRule(rule, { a: 'xx', b: 5, c: 5 }).flat();
  expect(parts.filter((part) => part.isMarked).map((part) => part.text)).toEqual([
    'a|re',
    '^x+$',
    'b|gte',
    '3',
    'c',
  ]);
});
