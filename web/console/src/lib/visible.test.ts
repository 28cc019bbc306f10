import { describe, expect, it } from 'vitest';
import { breakable, defang, isFangable, visible, visibleLines, visibleParts } from './visible';

describe('visible', () => {
  it.each([
    ['hóa đơn.pdf', 'hóa đơn.pdf'],
    ['invoice\u202efdp.exe', 'invoice\\u202efdp.exe'],
    ['a\u0000b\tc\nd', 'a\\0b\\tc\\nd'],
    ['\u001b[31mred', '\\x1b[31mred'],
    ['a\u200bb\ufeffc\u00add', 'a\\u200bb\\ufeffc\\xadd'],
    ['no\u00a0break\u2028line', 'no\\xa0break\\u2028line'],
    ['lone \ud800 half', 'lone \\ud800 half'],
    ['tag \u{e0041}', 'tag \\u{e0041}'],
    ['emoji 🏮 and Đặng Thị Hiền', 'emoji 🏮 and Đặng Thị Hiền'],
  ])('%j', (given, expected) => {
    expect(visible(given)).toBe(expected);
  });

  it('cuts into parts that join to the same text', () => {
    const given = 'x\u202ey\u202c';
    expect(visibleParts(given)).toEqual([
      { text: 'x', escaped: false },
      { text: '\\u202e', escaped: true },
      { text: 'y', escaped: false },
      { text: '\\u202c', escaped: true },
    ]);
    expect(visibleParts(given).map((part) => part.text).join('')).toBe(visible(given));
  });

  it('keeps line feeds where lines are meant', () => {
    expect(visibleLines('a\n\u200eb\r\nc')).toBe('a\n\\u200eb\\r\nc');
  });
});

describe('defang', () => {
  it.each([
    ['http://evil.example.com/a.b?c=d.e', 'hxxp://evil[.]example[.]com/a.b?c=d.e'],
    ['HTTPS://203.0.113.9:8080/x', 'hxxpS://203[.]0[.]113[.]9:8080/x'],
    ['203.0.113.9', '203[.]0[.]113[.]9'],
    ['2001:db8::1', '2001[:]db8[:][:]1'],
    ['tên-miền.example.vn', 'tên-miền[.]example[.]vn'],
    ['ke.toan@example.vn', 'ke[.]toan[@]example[.]vn'],
    ['20:05:31', '20[:]05[:]31'],
    ['powershell.exe', 'powershell[.]exe'],
    ['C:\\Windows\\System32', 'C:\\Windows\\System32'],
    ['plain words', 'plain words'],
  ])('%s', (given, expected) => {
    expect(defang(given)).toBe(expected);
  });

  it('says whether there is anything to defang', () => {
    expect(isFangable('example.vn')).toBe(true);
    expect(isFangable('GET')).toBe(false);
  });
});

it('breaks names, paths and addresses behind their separators, and loses nothing', () => {
  expect(breakable('XBM-PC03.xa.example.vn')).toEqual(['XBM-', 'PC03.', 'xa.', 'example.', 'vn']);
  expect(breakable('https://a.vn/b?c=d')).toEqual(['https://', 'a.', 'vn/', 'b?', 'c=', 'd']);
  expect(breakable('C:\\Windows\\a.exe').join('')).toBe('C:\\Windows\\a.exe');
  expect(breakable('')).toEqual(['']);
});
