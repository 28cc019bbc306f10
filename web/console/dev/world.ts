/// The invented centre's content: sites, alerts with evidence and history, sources, health.
import type { Alert, Evidence, Health, Session, Site, Source, Verdict } from '../src/lib/api';
import { chance, makeEvent, pick } from './events.ts';
import { RULES, yaml, type MockRule } from './rules.ts';

export const SESSION: Session = {
  user: 'hien.dt',
  name: 'Đặng Thị Hiền',
  role: 'analyst',
  permissions: ['alerts.read', 'alerts.write', 'events.read', 'intel.read', 'intel.write', 'rules.read', 'rules.tune', 'rules.write', 'sources.read', 'health.read', 'sensors.read', 'sensors.write', 'incidents.read', 'incidents.write', 'cases.read', 'cases.write', 'evidence.read', 'assets.read', 'assets.write', 'users.read', 'users.write', 'audit.read'],
  sites: ['so-tttt', 'xa-binh-minh', 'phuong-hai-dong', 'bv-da-khoa'],
  all_sites: true,
  csrf: 'mock-csrf',
  must_change: false,
  second_factor: false,
  exercise: true,
  expires: '2027-01-01T00:00:00Z',
};

const site = (id: string, name: string, name_en: string, parent: string | null, level: Site['level']): Site => ({ id, name, name_en, parent, level });

export const SITES: Site[] = [
  site('tinh', 'Tỉnh Hải Bình', 'Hải Bình province', null, 'province'),
  site('so-tttt', 'Trung tâm dữ liệu tỉnh', 'Provincial data centre', 'tinh', 'site'),
  site('xa-binh-minh', 'UBND xã Bình Minh', 'Bình Minh commune office', 'tinh', 'site'),
  site('phuong-hai-dong', 'UBND phường Hải Đông', 'Hải Đông ward office', 'tinh', 'site'),
  site('bv-da-khoa', 'Bệnh viện đa khoa tỉnh', 'Provincial general hospital', 'tinh', 'site'),
];
const LEAVES = ['xa-binh-minh', 'so-tttt', 'phuong-hai-dong', 'bv-da-khoa'] as const;
const VERDICTS: [Verdict, ...Verdict[]] = ['true_positive', 'benign', 'false_positive', 'undetermined'];
const KIND: Record<string, string> = { network: 'dns', flow: 'flow', host: 'windows.sysmon', online: 'http', state: 'linux.auth' };

const DUE_MINUTES: Record<string, number> = { critical: 15, high: 60, medium: 240, low: 1440 };

export const iso = (ms: number) => new Date(ms).toISOString();

export function makeAlert(n: number, now: number): Alert {
  const random = chance(n * 104729 + 5);
  const rule = RULES[n % RULES.length] ?? (RULES[0] as MockRule);
  const where = LEAVES[n % LEAVES.length] ?? 'so-tttt';
  const opened = now - Math.floor((n * n * 1.7 + n * 3.1) * 60_000) - 95_000;
  const count = rule.level === 'critical' ? 1 + (n % 3) : 1 + Math.floor(random() * random() * 2400);
  const last = Math.min(now - 20_000, opened + Math.floor(random() * 3_000_000));
  const state = (['new', 'new', 'new', 'acknowledged', 'new', 'in_work', 'new', 'closed'] as const)[n % 8] ?? 'new';
  const verdict = state === 'closed' ? pick(random, VERDICTS) : null;
  const kind = rule.file.includes('ssh') ? 'linux.auth' : /sql|log4|scanner/.test(rule.file) ? 'http' : (KIND[rule.group] ?? 'dns');
  const first = makeEvent(n * 50, kind, opened - 4_000, where, [rule.id]);
  const final = makeEvent(n * 50 + 1, kind, last, where, [rule.id]);
  const alert: Alert = {
    id: `al-${(n * 2654435761 % 2 ** 32).toString(16).padStart(8, '0')}`,
    rule: { id: rule.id, title: rule.title, vi: null, level: rule.level, author: 'haidang project', tags: rule.tags, description: rule.description, references: rule.references, falsepositives: rule.falsepositives, license: 'Apache-2.0', source: yaml(rule), file: rule.file },
    site: where,
    exercise: true,
    retro: n % 11 === 5,
    state,
    verdict,
    entities: entitiesOf(rule, first.core),
    count,
    first: first.time,
    last: final.time,
    opened: iso(opened),
    updated: iso(last + 3_000),
    version: state === 'new' ? 1 : 2,
    previous: n % 3 === 0 ? { id: 'al-0badf00d', verdict: pick(random, VERDICTS) } : null,
    merged: null,
    assignee: (['an.nguyen', null, 'hien.dt', null, null] as const)[n % 5] ?? null,
    due: state === 'new' && rule.level !== 'informational' ? iso(opened + (DUE_MINUTES[rule.level] ?? 0) * 60_000) : null,
    kind_group: rule.group,
    evidence: evidenceOf(rule, count, [first, final]),
    history: [{ at: iso(opened), who: '', action: 'opened', from: null, to: 'new', verdict: null, note: null, assignee: null, undone: false }],
    query: `rule.id:${rule.id} AND site:${where}`,
    query_from: iso(opened - 60_000),
    query_to: iso(last + 60_000),
  };
  if (state !== 'new') {
    alert.history.push({
      at: iso(opened + 340_000),
      who: 'an.nguyen',
      action: state,
      from: 'new',
      to: state,
      verdict,
      note: state === 'closed' ? 'Đã gọi cho văn thư xã: máy chạy công cụ cập nhật của đơn vị, không có kết nối lạ.' : null,
      assignee: null,
      undone: false,
    });
  }
  return alert;
}

function entitiesOf(rule: MockRule, core: Record<string, unknown>) {
  const fields = rule.group === 'host' && core['host.name'] ? ['host.name', 'user.name'] : ['source.ip', 'destination.ip'];
  return fields.flatMap((field) => (core[field] === undefined ? [] : [{ field, value: String(core[field]) }]));
}

function evidenceOf(rule: MockRule, count: number, [first, final]: [Evidence['event'], Evidence['event']]): Evidence[] {
  const matched = (event: Evidence['event']): Record<string, unknown> => {
    const record = event.record as Record<string, Record<string, unknown>>;
    if (event.kind === 'dns') return { 'dns.type': 'request', 'dns.queries.rrname': event.core['dns.question.name'] };
    if (event.kind === 'http') return rule.file.includes('scanner') ? { 'http.http_user_agent': record.http?.http_user_agent } : { 'http.url': '/tin-tuc?id=1%20union%20select%201,2,3--' };
    if (event.kind === 'flow') return { proto: 'TCP', 'flow.state': 'new', 'flow.pkts_toserver': 1 };
    if (event.kind === 'linux.auth') return { program: 'sshd', message: event.core.message };
    return { Image: record.Image, CommandLine: record.CommandLine };
  };
  const rows: Evidence[] = [{ which: 'first', matched: matched(first), event: first }];
  if (count > 1) rows.push({ which: 'last', matched: matched(final), event: final });
  return rows;
}

export function makeSources(now: number): Source[] {
  const make = (id: string, kind: string, where: string, sensor: string, agoSeconds: number | null, freshness: Source['freshness'], events: number, failed = 0, dropped = 0): Source => ({
    id, kind, site: where, sensor, exercise: true, freshness,
    last_event: agoSeconds === null ? null : iso(now - agoSeconds * 1000),
    last_received: agoSeconds === null ? null : iso(now - agoSeconds * 1000 + 900),
    events, parse_failed: failed, dropped, problems: [],
  });
  const list = [
    make('mang-bien', 'capture', 'xa-binh-minh', 'bien-xabm-01', 3, 'fresh', 812_345),
    make('may-tram', 'file', 'xa-binh-minh', 'bien-xabm-01', 9, 'fresh', 40_211, 12),
    make('mang-bien-ttdl', 'capture', 'so-tttt', 'ttdl-01', 2, 'fresh', 4_512_008, 0, 1_930),
    make('syslog-ttdl', 'syslog', 'so-tttt', 'ttdl-01', 420, 'late', 92_118, 3),
    make('tuong-lua', 'syslog', 'phuong-hai-dong', 'bien-hd-01', 26_000, 'stale', 18_220),
    make('his-benh-vien', 'file', 'bv-da-khoa', 'bien-bvdk-01', null, 'never', 0),
  ];
  list[2]?.problems.push({ code: 'packets_dropped', message: 'kernel dropped packets: the capture buffer is full at peaks', since: iso(now - 7_200_000), count: 1930 });
  list[4]?.problems.push({ code: 'no_data', message: 'nothing received since the time shown', since: iso(now - 26_000_000), count: 1 });
  return list;
}

export function makeHealth(now: number, scenario: string): Health {
  const isFull = scenario === 'disk_full';
  return {
    status: isFull ? 'failing' : scenario === 'degraded' ? 'degraded' : 'ok',
    version: '0.1.0',
    started: iso(now - 86_400_000 * 3.2),
    exercise: true,
    journal: { state: isFull ? 'full' : 'ok', position: 1_224_511, bytes: 3_412_998_144, free_bytes: isFull ? 41_943_040 : 182_440_112_128, corrupt_events: 0 },
    index: { position: 1_224_498, events: 1_224_498, partitions: 14, lag_events: 13, partial_events: 0, state: 'ok' },
    detector: { position: 1_224_511, lag_events: 0, late_events: 0, evicted_events: 0 },
    rules: { loaded: 1416, problems: scenario === 'ok' ? [] : [{ file: 'rules/sigma/thu-nghiem.yml', line: 14, reason: 'unknown modifier "containz"' }, { file: 'rules/sigma/cu.yml', line: null, reason: 'not valid UTF-8' }] },
    problems: isFull
      ? [{ code: 'disk_full', severity: 'critical', message: '40 MB left on the disk of the data folder; the journal keeps 64 MB', params: {}, since: iso(now - 312_000) }, { code: 'rule_bad', severity: 'warn', message: '2 rules could not be loaded', params: { count: '2' }, since: iso(now - 86_400_000) }]
      : scenario === 'degraded'
        ? [{ code: 'rule_bad', severity: 'warn', message: '2 rules could not be loaded', params: { count: '2' }, since: iso(now - 86_400_000) }]
        : [],
  };
}
