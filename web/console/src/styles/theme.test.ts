import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const CSS = readFileSync(`${import.meta.dirname}/theme.css`, 'utf8');

type Mode = 'light' | 'dark';

/** The colour of a token, through `var()` to its hex digits. */
function colour(token: string, mode: Mode): string {
  const value = new RegExp(`--${token}: ([^;]+);`).exec(CSS)?.[1] ?? '';
  const alias = /^var\(--([\w-]+)\)$/.exec(value);
  if (alias) return colour(alias[1] ?? '', mode);
  const both = /^light-dark\((#\w{6}), (#\w{6})\)$/.exec(value);
  if (both) return (mode === 'light' ? both[1] : both[2]) ?? '';
  return value;
}

function luminance(hex: string): number {
  const part = (at: number) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
}

function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

const SURFACES = ['surface-0', 'surface-1', 'surface-2', 'selected'];
const TEXTS = ['text-1', 'text-2', 'text-3', 'accent', 'critical', 'high', 'medium', 'low', 'informational', 'late', 'stale', 'fresh', 'never'];

describe.each<Mode>(['light', 'dark'])('%s theme', (mode) => {
  it.each(TEXTS.flatMap((text) => SURFACES.map((surface) => [text, surface] as const)))(
    '%s can be read on %s',
    (text, surface) => {
      expect(contrast(colour(text, mode), colour(surface, mode))).toBeGreaterThanOrEqual(4.5);
    },
  );

  it.each([
    ['text-1', 'surface-3'],
    ['text-2', 'surface-3'],
    ['accent-ink', 'accent'],
    ['mark-ink', 'mark'],
    ['text-1', 'critical-soft'],
    ['text-1', 'high-soft'],
    ['critical', 'critical-soft'],
    ['high', 'high-soft'],
    ['exercise-ink', 'exercise'],
  ])('%s can be read on %s', (text, surface) => {
    expect(contrast(colour(text, mode), colour(surface, mode))).toBeGreaterThanOrEqual(4.5);
  });

  it.each(SURFACES)('the edge of a field can be seen on %s', (surface) => {
    expect(contrast(colour('line-strong', mode), colour(surface, mode))).toBeGreaterThanOrEqual(3);
  });
});
