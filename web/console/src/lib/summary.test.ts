import { describe, expect, it } from 'vitest';
import { makeEvent } from '../../dev/events';
import type { Event } from './api';
import { en } from './i18n/en';
import { vi } from './i18n/vi';
import { route, summary } from './summary';

const VI = { text: vi, language: 'vi' } as const;
const EN = { text: en, language: 'en' } as const;

function status(record: Record<string, unknown>): Event {
  const event = makeEvent(1, 'flow', 0, 'so-tttt');
  return { ...event, kind: 'sensor.status', source: 'dns-tunnel.pcap', core: {}, record };
}

describe('the status of a source', () => {
  it('is a word, the source and what it counted', () => {
    const event = status({ event_type: 'sensor.status', status: 'ended', packets: 1157, bytes: 37_909, invalid: 0, flows: 2 });
    expect(summary(event, VI)).toBe('Đã kết thúc · dns-tunnel.pcap · 1.157 gói tin · 37,9 kB · 2 luồng');
    expect(summary(event, EN)).toBe('Ended · dns-tunnel.pcap · 1,157 packets · 37.9 kB · 2 flows');
  });

  it('says the reason before the figures', () => {
    const event = status({ status: 'unreadable', file: '/var/log/a.log', reason: 'permission denied', unreadable: 1 });
    expect(summary(event, VI)).toBe(
      'Không đọc được · dns-tunnel.pcap · /var/log/a.log · permission denied · 1 tệp không đọc được',
    );
    expect(summary(status({ status: 'failed', message: 'eth7: no such device' }), EN)).toBe(
      'Could not be run · dns-tunnel.pcap · eth7: no such device',
    );
  });

  it('names the limit', () => {
    expect(summary(status({ status: 'limit_reached', limit: 'limits.log.files', value: 64 }), VI)).toBe(
      'Chạm giới hạn · dns-tunnel.pcap · limits.log.files = 64',
    );
  });

  it('stands as it is when it says nothing that is known', () => {
    expect(summary(status({ status: 'of_tomorrow' }), VI)).toBe('of_tomorrow · dns-tunnel.pcap');
    expect(summary(status({ other: 1 }), VI)).toBe('{"other":1}');
    expect(summary({ ...status({}), record: null }, VI)).toBe('null');
  });
});

it('tells of a flow how much went over it', () => {
  const event = makeEvent(1, 'flow', 0, 'so-tttt');
  const core = { 'network.transport': 'tcp', 'source.packets': 12, 'destination.packets': 10, 'source.bytes': 1_200, 'destination.bytes': 30_000 };
  expect(summary({ ...event, core }, VI)).toBe('TCP · 22 gói tin · 31,2 kB');
  expect(summary({ ...event, core }, EN)).toBe('TCP · 22 packets · 31.2 kB');
  expect(summary({ ...event, core: { message: 'none' } }, VI)).toBe('none');
});

it('tells of any other event what a person looks for first', () => {
  const event = makeEvent(3, 'http', 0, 'so-tttt');
  expect(summary(event, VI)).toMatch(/^GET http:\/\/cong\.example\.vn.* 200$/);
  expect(route(event)).toMatch(/^10\.60\.\d+\.\d+:\d+ → /);
  expect(summary({ ...event, core: {}, record: { a: 'x'.repeat(400) } }, VI)).toHaveLength(301);
});
