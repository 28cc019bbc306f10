import { describe, expect, it } from 'vitest';
import { en } from './en';
import { vi } from './vi';

/** Every sentence of a dictionary; those with a blank are filled with a number. */
function sentences(table: object, path = ''): [string, string][] {
  return Object.entries(table).flatMap(([key, value]: [string, unknown]) => {
    const name = `${path}.${key}`;
    if (typeof value === 'string') return [[name, value]];
    if (typeof value === 'function') return [[name, String((value as (...v: unknown[]) => string)(7, 8))]];
    return sentences(value as object, name);
  });
}

describe.each([
  ['vi', vi],
  ['en', en],
])('%s', (_name, table) => {
  it('has only whole sentences, composed (NFC)', () => {
    const bad = sentences(table).filter(
      ([, sentence]) =>
        sentence === '' ||
        sentence.trim() !== sentence ||
        sentence.normalize('NFC') !== sentence ||
        /undefined|null|NaN/.test(sentence),
    );
    expect(bad).toEqual([]);
  });
});

it('has the same keys in both languages', () => {
  const keys = (table: object) => sentences(table).map(([key]) => key).sort();
  expect(keys(en)).toEqual(keys(vi));
});
