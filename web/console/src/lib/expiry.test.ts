import { expect, it } from 'vitest';
import { DEFAULT_EXPIRY, expiryAt } from './expiry';

const NOW = Date.parse('2026-11-22T13:05:31Z');
const by = (date: string) => expiryAt({ days: null, date }, NOW);

it('counts days from now, thirty when nothing else is said', () => {
  expect(expiryAt(DEFAULT_EXPIRY, NOW)).toBe('2026-12-22T13:05:31.000Z');
  expect(expiryAt({ days: 7, date: '01/01/2020' }, NOW)).toBe('2026-11-29T13:05:31.000Z');
});

it('takes a date to its end, in local time', () => {
  expect(by('31/12/2026')).toBe('2026-12-31T16:59:59.000Z');
  expect(by(' 22/11/2026 ')).toBe('2026-11-22T16:59:59.000Z');
});

it('refuses what is no date, past, or more than a year ahead', () => {
  expect(['', '31/02/2027', '2026-12-31', '21/11/2026', '25/11/2027'].map(by)).toEqual([null, null, null, null, null]);
});
