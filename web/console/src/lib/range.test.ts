import { expect, it } from 'vitest';
import { presetOf, resolve, unreadable } from './range';

const NOW = Date.parse('2026-11-22T13:00:00Z');

it('resolves relative and absolute ends', () => {
  expect(resolve({ from: '-15m', to: null }, NOW)).toEqual({ from: '2026-11-22T12:45:00.000Z' });
  expect(resolve({ from: '2026-11-22T12:45:00.000123Z', to: '-1h' }, NOW)).toEqual({
    from: '2026-11-22T12:45:00.000123Z',
    to: '2026-11-22T12:00:00.000Z',
  });
  expect(resolve({ from: 'nonsense', to: null }, NOW)).toEqual({});
});

it('knows its presets', () => {
  expect(presetOf({ from: '-24h', to: null })).toBe('24h');
  expect(presetOf({ from: '-5h', to: null })).toBeNull();
  expect(presetOf({ from: '-24h', to: '2026-11-22T12:45:00Z' })).toBeNull();
});

it('says which end of a range cannot be read', () => {
  expect(unreadable({ from: '-24h', to: null })).toEqual([]);
  expect(unreadable({ from: '2026-11-22T13:05:31.000417Z', to: '2026-11-22T20:05+07:00' })).toEqual([]);
  expect(unreadable({ from: 'hôm qua', to: '2026-11-22T13:05:31Z' })).toEqual(['from']);
  expect(unreadable({ from: '5', to: '2026-99-99T00:00:00Z' })).toEqual(['from', 'to']);
  expect(unreadable({ from: '', to: null })).toEqual([]);
});
