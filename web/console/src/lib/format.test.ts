import { describe, expect, it } from 'vitest';
import { age, bytes, dateTime, eventTime, number, parseLocal, relative, shortTime, utc } from './format';

const AT = '2026-11-22T13:05:31.123456Z';
const NOW = Date.parse('2026-11-22T13:17:40Z');

describe('times', () => {
  it('are local to Hồ Chí Minh City, 24 h, day first', () => {
    expect(dateTime(AT)).toBe('22/11/2026 20:05:31');
    expect(dateTime('2026-11-22T17:30:00Z')).toBe('23/11/2026 00:30:00');
    expect(eventTime(AT)).toBe('22/11 20:05:31.123');
    expect(dateTime('nonsense')).toBe('—');
  });

  it('show UTC on hover', () => {
    expect(utc(AT)).toBe('2026-11-22 13:05:31.123 UTC');
    expect(utc('nonsense')).toBe('nonsense');
  });

  it('leave out what is known', () => {
    expect(shortTime(AT, NOW)).toBe('20:05:31');
    expect(shortTime('2026-11-21T16:59:59Z', NOW)).toBe('21/11 23:59:59');
    expect(shortTime('2025-11-21T16:59:59Z', NOW)).toBe('21/11/2025 23:59:59');
  });

  it('are relative up to a day', () => {
    expect(relative(AT, NOW, 'vi')).toBe('12 phút trước');
    expect(relative(AT, NOW, 'en')).toBe('12 min ago');
    expect(relative(AT, NOW + 3_600_000 * 5, 'vi')).toBe('5 giờ trước');
    expect(relative(AT, NOW + 86_400_000, 'vi')).toBeNull();
    expect(relative('2026-11-22T13:17:50Z', NOW, 'vi')).toBe('vừa xong');
  });

  it('have an age', () => {
    expect(age(AT, NOW, 'vi')).toBe('12 phút');
    expect(age(AT, NOW + 86_400_000 * 3, 'en')).toBe('3 d');
  });

  it.each([
    ['22/11/2026 20:05:31', '2026-11-22T13:05:31.000Z'],
    ['1/2/2026 7:00', '2026-02-01T00:00:00.000Z'],
    ['22/11/2026', '2026-11-21T17:00:00.000Z'],
    ['31/02/2026', null],
    ['22/11/2026 25:00', null],
    ['11-22-2026', null],
  ])('read back what was typed: %s', (given, expected) => {
    expect(parseLocal(given)).toBe(expected);
  });
});

describe('numbers', () => {
  it('follow the language', () => {
    expect(number(1234.5, 'vi')).toBe('1.234,5');
    expect(number(1234.5, 'en')).toBe('1,234.5');
    expect(bytes(1_530_000_000, 'vi')).toBe('1,5 GB');
    expect(bytes(12, 'en')).toBe('12 B');
  });
});
