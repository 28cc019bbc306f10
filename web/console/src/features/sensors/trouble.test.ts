import { describe, expect, it } from 'vitest';
import { Fleet } from '../../../dev/fleet';
import type { Sensor } from '../../lib/api';
import { en } from '../../lib/i18n/en';
import { vi } from '../../lib/i18n/vi';
import { reportOf } from './report';
import { WORST_FIRST, daysLeft, isTroubled, troublesOf, worstFirst } from './trouble';

const NOW = Date.parse('2026-11-22T13:05:31Z');
const DAY = 86_400_000;
const fleet = new Fleet(NOW).sensors;
const one = (name: string): Sensor => {
  const found = fleet.find((sensor) => sensor.name === name);
  if (!found) throw new Error(`no sensor ${name}`);
  return found;
};
const well = one('ttdl-1');
const report = (said: object) => ({ report: said as Sensor['report'] });
const configured = (state: string) => report({ configuration: { version: 1, digest: 'a', newest: { version: 2, digest: 'b', state, reason: 'x' }, unknown: [] } });
const ends = (ms: number) => ({ certificate_expires: new Date(NOW + ms).toISOString() });

describe('what is wrong with a sensor', () => {
  it.each<[string, Partial<Sensor>, string[]]>([
    ['nothing', {}, []],
    ['late', { freshness: 'late' }, ['late']],
    ['stale, with a line that was broken before', { freshness: 'stale', ...report({ uplink: { state: 'broken' } }) }, ['stale', 'broken']],
    ['never heard', { freshness: 'never', last_seen: null, report: null }, ['never']],
    ['refused', report({ uplink: { state: 'refused' } }), ['refused']],
    ['a refused site', { refused: one('xa-la-1').refused }, ['some_refused']],
    ['connecting is no trouble', report({ uplink: { state: 'connecting' } }), []],
    ['a full spool', report({ spool: { accepts: 'full' } }), ['spool_full']],
    ['a failed spool', report({ spool: { accepts: 'failed' } }), ['spool_failed']],
    ['a clock five seconds off', { skew_ms: -5_000 }, []],
    ['a clock more than that off', { skew_ms: -5_001 }, ['clock']],
    ['thirty days of certificate', ends(30 * DAY), []],
    ['less', ends(30 * DAY - 1), ['certificate']],
    ['none', ends(0), ['certificate_ended']],
    ['no certificate yet', { certificate_expires: null }, []],
    ['a configuration on trial', configured('trial'), []],
    ['one that was refused', configured('refused'), ['config_refused']],
    ['one that was put back', configured('rolled_back'), ['config_rolled_back']],
    ['a second instance', { instances: one('so-khdt-1').instances }, ['instance']],
    ['revoked, whatever else', { revoked: '2026-11-01T00:00:00Z', freshness: 'stale', skew_ms: 9_000 }, ['revoked']],
  ])('%s', (_what, change, troubles) => {
    expect(troublesOf({ ...well, ...change }, NOW)).toEqual(troubles);
  });

  it('is no problem any more once it was revoked', () => {
    expect(isTroubled(one('cho-cu-1'), NOW)).toBe(false);
    expect(isTroubled(one('bvdk-1'), NOW)).toBe(true);
  });

  it('has a word and all but a healthy state an advice, each its own, in both languages', () => {
    for (const { sensors } of [vi, en]) {
      const words = WORST_FIRST.map((trouble) => sensors.states[trouble]);
      const advice = WORST_FIRST.map((trouble) => sensors.hints[trouble]);
      expect(new Set([...words, ...advice]).size).toBe(2 * WORST_FIRST.length);
    }
  });
});

describe('the order', () => {
  it('is worst first, the healthy by name, the revoked last', () => {
    expect(worstFirst(fleet, NOW).map(({ name }) => name)).toEqual([
      'phuong-hai-dong-1',
      'xa-an-hoa-1',
      'xa-la-1',
      'bvdk-1',
      'so-khdt-1',
      'ttdl-2',
      'cum-tinh',
      'xa-moi-1',
      'ttdl-1',
      'xa-binh-minh-1',
      'cho-cu-1',
    ]);
  });

  it('of two that are silent puts the one with more troubles, then the longer silence, first', () => {
    const stale = (name: string, hours: number, skew = 0): Sensor => ({
      ...well,
      name,
      freshness: 'stale',
      skew_ms: skew,
      last_seen: new Date(NOW - hours * 3_600_000).toISOString(),
    });
    const order = worstFirst([stale('b', 1), stale('a', 2), stale('c', 1, 8_000)], NOW);
    expect(order.map(({ name }) => name)).toEqual(['c', 'a', 'b']);
  });
});

it('counts whole days', () => {
  const at = (ms: number) => daysLeft(new Date(NOW + ms).toISOString(), NOW);
  expect([at(DAY * 12 + 5), at(5), at(-5)]).toEqual([12, 0, -1]);
});

describe('the report of a sensor', () => {
  it('is read as it is meant', () => {
    const read = reportOf(one('bvdk-1'));
    expect(read?.uplink).toBe('broken');
    expect(read?.reason).toContain('no route to host');
    expect(read?.configuration?.version).toBe(4);
    expect(read?.sources.map(({ id }) => id)).toEqual(['mirror', 'auth']);
    expect(read?.lanes.map((lane) => lane.waiting)).toEqual([4, 81_220, 1_204_511]);
  });

  it('may lack everything or hold nonsense', () => {
    expect(reportOf({ report: null })).toBeNull();
    const nothing = { waiting: 0, bytes: 0, dropped: 0, last: 0 };
    const lanes = [1, 2, 3].map((lane) => ({ lane, ...nothing }));
    for (const said of [{}, { uplink: 'x', spool: 7 }, { spool: { lanes: [null, { lane: 9, waiting: 4 }, { lane: 2, waiting: -1 }] } }]) {
      expect(reportOf(report(said))).toEqual({ uplink: null, reason: null, rate: 0, spool: null, lanes, configuration: null, update: null, sources: [], at: null });
    }
    const odd = reportOf(report({ configuration: { version: -1, newest: { state: 'of tomorrow' }, unknown: [7, 'a'] }, sources: [null, { id: 'b' }] }));
    expect(odd?.configuration).toEqual({ version: 0, digest: '', newest: null, unknown: ['', 'a'] });
    expect(odd?.sources).toEqual([{ id: '', kind: '', site: '' }, { id: 'b', kind: '', site: '' }]);
    expect(reportOf(report({ uplink: { state: 'of tomorrow' }, spool: { accepts: 'maybe' } }))?.uplink).toBeNull();
  });
});
