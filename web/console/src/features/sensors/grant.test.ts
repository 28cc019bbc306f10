import { describe, expect, it } from 'vitest';
import type { Site } from '../../lib/api';
import { en } from '../../lib/i18n/en';
import { vi } from '../../lib/i18n/vi';
import { readFilter, writeFilter } from './filter';
import { above, grantRows, isCovered, toggled } from './grant';
import { hoursOf, isSensorName } from './invitation';
import { silenceText, silencesWith } from './silence';

const site = (id: string, parent: string | null): Site => ({ id, name: id, name_en: id, parent, level: 'site' });
const SITES = [site('tinh', null), site('khu-a', 'tinh'), site('a1', 'khu-a'), site('a2', 'khu-a'), site('khu-b', 'tinh'), site('b1', 'khu-b')];

describe('the sites of a sensor', () => {
  it('are a tree laid flat for who sees all', () => {
    expect(grantRows(SITES, null).map(({ id, depth }) => `${'-'.repeat(depth)}${id}`)).toEqual(['tinh', '-khu-a', '--a1', '--a2', '-khu-b', '--b1']);
  });

  it('are only leaves of his own for who does not', () => {
    expect(grantRows(SITES, new Set(['a2', 'khu-b']))).toEqual([{ id: 'a2', depth: 0 }]);
  });

  it('stand even when the node above is not there, or the tree bites its tail', () => {
    expect(grantRows([site('a', 'gone')], null)).toEqual([{ id: 'a', depth: 0 }]);
    expect(above('x', [site('x', 'y'), site('y', 'x')])).toEqual(['y', 'x']);
  });

  it('are covered by an area, which takes their place', () => {
    expect(isCovered('a1', ['tinh'], SITES)).toBe(true);
    expect(isCovered('a1', ['a1', 'khu-b'], SITES)).toBe(false);
    expect(toggled('khu-a', ['a1', 'b1'], SITES)).toEqual(['b1', 'khu-a']);
    expect(toggled('b1', ['b1', 'khu-a'], SITES)).toEqual(['khu-a']);
  });
});

describe('an invitation', () => {
  it('needs a name that the centre takes', () => {
    for (const name of ['xa-1', 'a', '7', 'x'.repeat(60)]) expect(isSensorName(name)).toBe(true);
    for (const name of ['', '-a', 'Xa', 'xã', 'a b', 'a.b', 'x'.repeat(61)]) expect(isSensorName(name)).toBe(false);
  });

  it('is good for an hour to a week', () => {
    expect(['1', ' 24 ', '168'].map(hoursOf)).toEqual([1, 24, 168]);
    expect(['', '0', '169', '1.5', '-1', 'a'].map(hoursOf)).toEqual([null, null, null, null, null, null]);
  });
});

it('says a silence in its largest whole unit', () => {
  const said = (seconds: number) => silenceText(seconds, vi.sensors);
  expect([30, 60, 90, 300, 3_600, 5_400, 86_400, 604_800].map(said)).toEqual(['30 giây', '1 phút', '90 giây', '5 phút', '1 giờ', '90 phút', '1 ngày', '7 ngày']);
  expect(silenceText(60, en.sensors)).toBe('1 minute');
  expect(silencesWith(400)).toContain(400);
  expect(silencesWith(300)).toHaveLength(silencesWith(400).length - 1);
});

it('keeps the filter in the address, without what is not asked', () => {
  const written = writeFilter(new URLSearchParams('x=1'), { text: 'hải đông', troubled: true });
  expect(readFilter(written)).toEqual({ text: 'hải đông', troubled: true });
  expect(String(writeFilter(written, { text: '', troubled: false }))).toBe('x=1');
});
