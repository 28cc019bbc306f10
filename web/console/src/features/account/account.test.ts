/// What can go wrong with what is typed, and with what is drawn.
import { expect, test } from 'vitest';
import { pathOf } from './QrCode';
import { daysOf } from './TokenDialog';

test('days are whole, from 1 to 366', () => {
  expect(['1', '90', ' 366 '].map(daysOf)).toEqual([1, 90, 366]);
  expect(['0', '367', '', '1.5', '-1', 'x'].map(daysOf)).toEqual([null, null, null, null, null, null]);
});

test('every dark module is drawn once, and no other', () => {
  expect(pathOf(['101', '011', '000'])).toBe('M4 4h1v1h-1zM6 4h1v1h-1zM5 5h2v1h-2z');
});
