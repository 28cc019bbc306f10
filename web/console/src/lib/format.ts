/// Times, numbers and sizes as both languages write them. Local time is Asia/Ho_Chi_Minh, always:
/// UTC+7 without summer time, whatever the zone of the machine that looks.
import type { Language } from './i18n/i18n';

const LOCAL_OFFSET_MS = 7 * 3_600_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const pad = (value: number, width = 2): string => String(value).padStart(width, '0');

/** `22/11/2026 20:05:31` */
export function dateTime(iso: string): string {
  const at = local(iso);
  return at === null ? '—' : `${day(at)} ${clock(at)}`;
}

/** `22/11/2026` */
export function date(iso: string): string {
  const at = local(iso);
  return at === null ? '—' : day(at);
}

/** `20:05:31` on the day of `now`, else `22/11 20:05:31`, with the year when it is another one. */
export function shortTime(iso: string, now: number): string {
  const at = local(iso);
  if (at === null) return '—';
  const today = new Date(now + LOCAL_OFFSET_MS);
  if (day(at) === day(today)) return clock(at);
  const sameYear = at.getUTCFullYear() === today.getUTCFullYear();
  return `${sameYear ? day(at).slice(0, 5) : day(at)} ${clock(at)}`;
}

/** `22/11 20:05:31.123`, for rows of events. */
export function eventTime(iso: string): string {
  const at = local(iso);
  return at === null ? '—' : `${day(at).slice(0, 5)} ${clock(at)}.${pad(at.getUTCMilliseconds(), 3)}`;
}

/** What hovering over a time shows. */
export function utc(iso: string): string {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return iso;
  const text = new Date(at).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 23)} UTC`;
}

/** "12 phút trước" up to 24 hours; null after that (show the absolute time). */
export function relative(iso: string, now: number, language: Language): string | null {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return null;
  const passed = Math.max(0, now - at);
  if (passed >= DAY_MS) return null;
  if (passed < MINUTE_MS) return language === 'vi' ? 'vừa xong' : 'just now';
  const hours = Math.floor(passed / HOUR_MS);
  const minutes = Math.floor(passed / MINUTE_MS);
  if (language === 'vi') return hours > 0 ? `${hours} giờ trước` : `${minutes} phút trước`;
  return hours > 0 ? `${hours} h ago` : `${minutes} min ago`;
}

/** Age as a column wants it: `45 s`, `12 ph`, `3 h`, `5 ng` (vi) or `12 m`, `5 d` (en). */
export function age(iso: string, now: number, language: Language): string {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return '—';
  const passed = Math.max(0, now - at);
  const units = language === 'vi' ? ['giây', 'phút', 'giờ', 'ngày'] : ['s', 'min', 'h', 'd'];
  const [value, unit] =
    passed < MINUTE_MS
      ? [passed / 1000, 0]
      : passed < HOUR_MS
        ? [passed / MINUTE_MS, 1]
        : passed < DAY_MS
          ? [passed / HOUR_MS, 2]
          : [passed / DAY_MS, 3];
  return `${Math.floor(value)} ${units[unit] ?? ''}`;
}

/** What is left until a moment, as a column wants it. */
export function left(iso: string, now: number, language: Language): string {
  const at = Date.parse(iso);
  return Number.isNaN(at) ? '—' : age(new Date(now).toISOString(), Math.max(at, now), language);
}

/** `1.234,5` in Vietnamese, `1,234.5` in English. */
export function number(value: number, language: Language): string {
  return value.toLocaleString(language === 'vi' ? 'vi-VN' : 'en-GB', { maximumFractionDigits: 1 });
}

export function bytes(value: number, language: Language): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let rest = value;
  let unit = 0;
  while (rest >= 1000 && unit < units.length - 1) {
    rest /= 1000;
    unit += 1;
  }
  return `${number(Math.round(rest * 10) / 10, language)} ${units[unit] ?? ''}`;
}

/** Reads `22/11/2026`, `22/11/2026 20:05` or `… 20:05:31` as local time; null when it is none. */
export function parseLocal(text: string): string | null {
  const match = /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?$/.exec(
    text.trim(),
  );
  if (!match) return null;
  const [dayOf, month, year, hour, minute, second] = match.slice(1).map((part) => Number(part || 0));
  const at = Date.UTC(year ?? 0, (month ?? 0) - 1, dayOf, hour, minute, second);
  const back = new Date(at);
  const isReal = back.getUTCDate() === dayOf && back.getUTCMonth() === (month ?? 0) - 1;
  const isClock = (hour ?? 0) < 24 && (minute ?? 0) < 60 && (second ?? 0) < 60;
  return isReal && isClock ? new Date(at - LOCAL_OFFSET_MS).toISOString() : null;
}

function local(iso: string): Date | null {
  const at = Date.parse(iso);
  return Number.isNaN(at) ? null : new Date(at + LOCAL_OFFSET_MS);
}

function day(at: Date): string {
  return `${pad(at.getUTCDate())}/${pad(at.getUTCMonth() + 1)}/${at.getUTCFullYear()}`;
}

function clock(at: Date): string {
  return `${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())}:${pad(at.getUTCSeconds())}`;
}
