import { describe, expect, it } from 'vitest';
import { Assets } from '../../../dev/assets';
import type { Asset } from '../../lib/assets';
import { ApiError } from '../../lib/client';
import { en } from '../../lib/i18n/en';
import { vi } from '../../lib/i18n/vi';
import { assetReason, problemText } from '../../lib/problem';
import { changeOf, draftOf, isoDay, isOver, mistakeIn, shownDay } from './draft';
import { queryOf, readFilter, writeFilter } from './filter';

const NOW = Date.parse('2026-11-22T13:05:31Z');
const one = new Assets(NOW).all[0] as Asset;

describe('days', () => {
  it('are typed as people here write them, and kept as the centre does', () => {
    expect([isoDay('31/01/2026'), isoDay(' 1/2/2026 '), isoDay('')]).toEqual(['2026-01-31', '2026-02-01', '']);
    for (const bad of ['30/02/2026', '2026-01-31', '31/1', 'mai', '1/1/2026 10:00']) expect(isoDay(bad)).toBeNull();
    expect([shownDay('2026-01-31'), shownDay(null), shownDay('later')]).toEqual(['31/01/2026', '', 'later']);
  });

  it('end with the day in Vietnam', () => {
    const over = (day: string | null) => isOver({ valid_to: day }, NOW);
    expect([over(null), over('2026-11-22'), over('2026-11-21'), over('nonsense')]).toEqual([false, false, true, false]);
    expect(isOver({ valid_to: '2026-11-22' }, Date.parse('2026-11-22T17:00:00Z'))).toBe(true);
  });
});

describe('what is typed', () => {
  it('is sent as far as it differs; an empty text is none', () => {
    const draft = draftOf(one, '');
    expect(changeOf(draft, one)).toEqual({});
    expect(changeOf({ ...draft, name: ' DC02 ', mac: '', valid_from: '', valid_to: '31/12/2027' }, one)).toEqual({ name: 'DC02', mac: '', valid_from: '', valid_to: '2027-12-31' });
    expect(changeOf({ ...draftOf(null, 'so-tttt'), address: '10.0.0.1' }, null)).toEqual({ site: 'so-tttt', address: '10.0.0.1' });
  });

  it('may hold a mistake', () => {
    const draft = draftOf(null, '');
    expect(mistakeIn(draft)).toBeNull();
    expect(mistakeIn({ ...draft, valid_to: '31/13/2026' })).toBe('day');
    expect(mistakeIn({ ...draft, valid_from: '02/01/2026', valid_to: '01/01/2026' })).toBe('order');
  });
});

describe('the filter', () => {
  it('stands in the address and is asked of the centre', () => {
    const read = (query: string) => readFilter(new URLSearchParams(query));
    expect(read('')).toEqual({ tab: 'confirmed', site: '', kind: '', text: '' });
    expect(read('state=odd&kind=odd')).toEqual(read(''));
    const filter = read('state=all&site=so-tttt&kind=network&text=mạng');
    expect(queryOf(filter)).toEqual({ state: '', site: 'so-tttt', kind: 'network', text: 'mạng' });
    expect(queryOf(read('')).state).toBe('confirmed');
    expect(writeFilter(new URLSearchParams('state=all&sel=x&text=a'), { tab: 'confirmed' }).toString()).toBe('text=a');
  });
});

describe('what the centre says of an asset', () => {
  it.each([
    ['"10.60.31" is no address; write 10.60.31.7, 2001:db8::7 or a network as 10.60.31.0/24', '“10.60.31” không phải địa chỉ'],
    ['10.60.31.7/24 is an address inside a network; write 10.60.31.0/24 for the network, or no /… for the host', 'viết 10.60.31.0/24 nếu là dải mạng'],
    ['10.0.0.0/7 is too wide for a site; a network has at least /8, of IPv6 /16', 'quá rộng'],
    ['"hot" is no criticality; write low, normal, high or critical', '“hot”'],
    ['name has more than 200 characters, or some that cannot be shown', 'name dài quá 200 ký tự'],
    ['10.0.0.1 at so-tttt stands in line 3 already', '10.0.0.1 đã có ở dòng 3'],
    ['there are 2000 networks already, as many as limits.assets.networks allows', 'limits.assets.networks'],
    ['the column "ghi chú" is none of site,address; it is left out', 'Không có cột “ghi chú”'],
    ['there is no column site; the first line names the columns: site,address', 'Thiếu cột site'],
    ['the line has 12 cells, the first line 10; put a text with a separator in quotes', 'Dòng có 12 ô, còn dòng đầu có 10'],
    ['owner is not UTF-8; save the file as "CSV UTF-8"', 'Cột owner không phải UTF-8'],
    ['there is no site "x" in the site tree; see rules/sites', 'Không có điểm giám sát này'],
  ])('%s', (said, shown) => {
    expect(assetReason(said, vi)).toContain(shown);
    expect(assetReason(said, en)).not.toBe('');
  });

  it('is said when a change is refused, and of a newer centre in its own words', () => {
    const told = (code: string, message: string) => problemText(new ApiError(422, code, message, null), vi).message;
    expect(told('conflict', 'the site has an asset with this address already')).toBe('Điểm này đã có tài sản mang địa chỉ đó.');
    expect(told('foreign_network', "this network is not one of your sites' or inside theirs; somebody who sees all sites can add it")).toContain('nhờ người thấy mọi điểm');
    expect(told('too_many_lines', 'the CSV has more than 10000 lines (limits.assets.csv_lines); cut it in parts')).toContain('quá 10000 dòng');
    expect(assetReason('something of a newer centre', vi)).toBe('something of a newer centre');
  });
});
