/// An event in one line: what a person looks for first, by what the event has.
import type { Event } from './api';
import { bytes, number } from './format';
import type { Dictionary, Language } from './i18n/i18n';
import { wordOf } from './i18n/word';

/** Core fields that tell most, in the order in which they are worth showing. */
const TELLING = [
  'http.request.method',
  'url.full',
  'http.response.status_code',
  'dns.question.name',
  'tls.client.server_name',
  'process.command_line',
  'file.path',
  'event.action',
  'event.outcome',
  'user.name',
  'message',
] as const;

const MAX_LENGTH = 300;

interface Speech {
  text: Dictionary;
  language: Language;
}

export function summary(event: Event, speech: Speech): string {
  const tell = event.kind === 'sensor.status' ? status : event.kind === 'flow' ? flow : telling;
  const text = tell(event, speech);
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
}

function telling(event: Event): string {
  const parts = TELLING.flatMap((name) => {
    const value = event.core[name];
    return value === undefined || value === null ? [] : [String(value)];
  });
  return parts.length > 0 ? parts.join(' ') : JSON.stringify(event.record);
}

/** How much went over it, both ways: `TCP · 22 gói tin · 31,2 kB`. */
function flow(event: Event, { text, language }: Speech): string {
  const both = (what: 'packets' | 'bytes') => {
    const sides = [event.core[`source.${what}`], event.core[`destination.${what}`]].filter((side) => typeof side === 'number');
    return sides.length > 0 ? [sides.reduce((sum, side) => sum + side, 0)] : [];
  };
  const { packets, bytes: size } = text.sources.counter;
  const figures = [
    ...both('packets').map((count) => packets(number(count, language))),
    ...both('bytes').map((count) => size(bytes(count, language))),
  ];
  if (figures.length === 0) return telling(event);
  const transport = event.core['network.transport'];
  return [...(typeof transport === 'string' ? [transport.toUpperCase()] : []), ...figures].join(' · ');
}

/** What a source said of itself: `Đã kết thúc · dns-tunnel.pcap · 157 gói tin · 37,9 kB · 2 luồng`. */
function status(event: Event, { text, language }: Speech): string {
  const record = (event.record ?? {}) as Record<string, unknown>;
  const said = (name: string): string[] => {
    const value = record[name];
    return typeof value === 'string' && value !== '' ? [value] : [];
  };
  const word = said('status').map((code) => wordOf(text.sources.status, code));
  const counts = Object.entries(text.sources.counter).flatMap(([name, phrase]) => {
    const value = record[name];
    if (typeof value !== 'number' || value === 0) return [];
    return [phrase(name === 'bytes' ? bytes(value, language) : number(value, language))];
  });
  const limit = said('limit').map((name) => [name, ...[record.value].flatMap(scalar)].join(' = '));
  const why = ['file', 'fault', 'reason', 'message'].flatMap(said);
  const parts = [...word, event.source, ...why, ...limit, ...counts];
  return word.length > 0 ? parts.join(' · ') : JSON.stringify(event.record);
}

function scalar(value: unknown): string[] {
  return typeof value === 'number' || typeof value === 'string' ? [String(value)] : [];
}

/** `10.0.0.1:5353 → 10.0.0.2:53`, or the host and user where there are no addresses. */
export function route(event: Event): string {
  const side = (name: 'source' | 'destination') => {
    const ip = event.core[`${name}.ip`];
    const port = event.core[`${name}.port`];
    if (ip === undefined || ip === null) return null;
    const address = String(ip).includes(':') && port !== undefined ? `[${String(ip)}]` : String(ip);
    return port === undefined || port === null ? address : `${address}:${String(port)}`;
  };
  const [from, to] = [side('source'), side('destination')];
  if (from !== null || to !== null) return [from, to].filter(Boolean).join(' → ');
  const { 'host.name': host, 'user.name': user } = event.core;
  return [host, user].filter(Boolean).map(String).join(' · ');
}
