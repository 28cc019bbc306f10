/// An event in one line: what a person looks for first, by what the event has.
import type { Event } from './api';

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

export function summary(event: Event): string {
  const parts = TELLING.flatMap((name) => {
    const value = event.core[name];
    return value === undefined || value === null ? [] : [String(value)];
  });
  const text = parts.length > 0 ? parts.join(' ') : JSON.stringify(event.record);
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
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
