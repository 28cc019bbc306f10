/// The invented centre's sensors: one for each way in which a sensor can be unwell, and some that are well.
import type { ConfigurationVersion, OpenInvitation, Sensor, SensorInstance, UpdateRollout } from '../src/lib/api';
import { problem, type Answer, type Ask } from './centre.ts';

const DAY = 86_400_000;
/** The fleet of a whole province, for the scenario `too_many`. */
const MANY = 430;

interface Said {
  uplink?: string;
  reason?: string;
  configuration?: Record<string, unknown>;
  accepts?: string;
  /** Waiting in lanes 1 to 3. */
  waiting?: [number, number, number];
  dropped?: number;
}

const SITE = 'xa-binh-minh';
const SOURCES = `[[source]]
id = "mirror"
kind = "interface"
interface = "eth1"
site = "${SITE}"

[[source]]
id = "auth"
kind = "file"
path = "/var/log/auth.log"
format = "syslog"
site = "${SITE}"
zone = "Asia/Ho_Chi_Minh"
`;
const CONFIGS: [who: string, why: string, config: string][] = [
  ['haidang', 'networks', ''],
  ['quan-tri', 'Đường truyền chung với hội nghị trực tuyến, giờ hành chính chỉ được dùng 512 kbit/s.', `${SOURCES}\n[uplink]\nkbit = 512\n`],
  ['haidang', 'networks', `${SOURCES}\n[uplink]\nkbit = 512\n`],
  ['hien.dt', 'Chuyển cổng nghe sang eth2 theo biên bản bàn giao của VNPT.', `${SOURCES.replace('eth1', 'eth2')}\n[uplink]\nkbit = 1024\n\n[spool]\nmib = 2048\n`],
];
const digestOf = (version: number) => `d1e5${String(version).padStart(12, '0')}`;

export class Fleet {
  readonly sensors: Sensor[];
  /** By sensor, the newest first; a sensor that has none yet gets the first four. */
  rollout: UpdateRollout = {
    id: 3,
    version: '0.5.0',
    target: 'x86_64-linux',
    size: 9_400_000,
    sha256: 'c4'.repeat(32),
    to_sensors: [],
    to_sites: [],
    at_once: 1,
    who: 'an',
    made: '2026-11-30T02:00:00Z',
    state: 'stopped',
    reason: 'xa-an-hoa-1: doctor says: no packets',
    sensors: [
      { sensor: 'xa-binh-minh-1', step: 'done' },
      { sensor: 'xa-an-hoa-1', step: 'failed' },
    ],
  };
  readonly configurations = new Map<string, ConfigurationVersion[]>();

  constructor(readonly now: number) {
    this.sensors = [
      this.make('xa-binh-minh-1', ['xa-binh-minh'], 4, this.report({ configuration: { version: 3, digest: digestOf(3), newest: null, unknown: [] }, waiting: [0, 12, 340] }), { version: '0.5.0' }),
      this.make('ttdl-1', ['so-tttt'], 2, this.report({})),
      this.make('ttdl-2', ['so-tttt'], 3, this.report({ configuration: { version: 3, digest: digestOf(3), newest: { version: 4, digest: digestOf(4), state: 'rolled_back', reason: 'source mirror: cannot open eth2: no such device' }, unknown: ['line 9: smell'] } }), { skew_ms: 7_400 }),
      this.make('bvdk-1', ['bv-da-khoa'], 41_000, this.report({ uplink: 'broken', reason: 'cannot connect to trung-tam.example.vn:8444: no route to host', waiting: [4, 81_220, 1_204_511] }), { freshness: 'stale' }),
      this.make('phuong-hai-dong-1', ['phuong-hai-dong', 'xa-binh-minh', 'so-tttt'], 9, this.report({ accepts: 'full', waiting: [0, 90_214, 3_911_020], dropped: 48_112 }), { dropped: 48_112 }),
      this.make('cum-tinh', ['tinh'], 6, this.report({ configuration: { version: 3, digest: digestOf(3), newest: { version: 4, digest: digestOf(4), state: 'trial', reason: '' }, unknown: [] }, waiting: [0, 0, 18] }), { certificate_expires: this.at(-11) }),
      this.make('xa-an-hoa-1', ['xa-binh-minh'], 700, this.report({ uplink: 'refused', reason: 'the centre takes nothing for the site xa-an-hoa', waiting: [2, 4_100, 22_000] }), { freshness: 'late' }),
      this.make('xa-la-1', ['xa-binh-minh'], 8, this.report({}), { refused: [{ code: 'foreign_site', message: 'the sensor xa-la-1 has no part in the site so-tttt; add it to the sensor, or correct its source', count: 3, since: this.at(0.1), last: this.at(0) }] }),
      this.make('xa-moi-1', ['xa-binh-minh'], null, null, { freshness: 'never' }),
      this.make('cho-cu-1', ['so-tttt'], 900_000, null, { freshness: 'stale', revoked: this.at(12), revoked_by: 'hien.dt', revoked_why: 'Chợ cũ đã giải tỏa, máy thu về kho.' }),
      this.make('so-khdt-1', ['so-tttt'], 5, this.report({}), { instances: [this.instance('4be1', 40, true), this.instance('9c02', 0.1, false)] }),
    ];
  }

  private at(days: number): string {
    return new Date(this.now - days * DAY).toISOString();
  }

  private instance(word: string, days: number, confirmed: boolean): SensorInstance {
    return { instance: word.repeat(4), first_seen: this.at(days), last_seen: this.at(0), confirmed };
  }

  private report({ uplink = 'connected', reason, configuration = { version: 4, digest: digestOf(4), newest: null, unknown: [] }, accepts = 'ok', waiting = [0, 0, 0], dropped = 0 }: Said): Record<string, unknown> {
    const lanes = waiting.map((count, at) => ({ lane: at + 1, waiting: count, bytes: count * 412, dropped: at === 2 ? dropped : 0, last: 120_400 * (at + 1) + count }));
    return {
      timestamp: new Date(this.now - 20_000).toISOString(),
      version: '0.4.0',
      dropped,
      uplink: { state: uplink, rate: uplink === 'connected' ? 48_200 : 0, reason: reason ?? null },
      spool: { accepts, lanes },
      configuration,
      sources: [
        { id: 'mirror', kind: 'interface', site: SITE },
        { id: 'auth', kind: 'file', site: SITE },
      ],
      certificate: { expires: this.at(-61) },
    };
  }

  private make(name: string, sites: string[], agoSeconds: number | null, report: Record<string, unknown> | null, rest: Partial<Sensor> = {}): Sensor {
    const isHeard = agoSeconds !== null;
    return {
      name,
      sites,
      created: this.at(40),
      revoked: null,
      revoked_by: null,
      revoked_why: null,
      freshness: 'fresh',
      last_seen: isHeard ? new Date(this.now - agoSeconds * 1000).toISOString() : null,
      silent_seconds: 300,
      version: isHeard ? '0.4.0' : '',
      address: isHeard ? '10.60.31.4' : '',
      skew_ms: isHeard ? 120 : 0,
      certificate_expires: this.at(-61),
      instances: isHeard ? [this.instance('a91f', 40, true)] : [],
      report: report as Sensor['report'],
      sources: isHeard ? 3 : 0,
      dropped: 0,
      refused: [],
      ...rest,
    };
  }

  /** The update that is being rolled out; a person may stop it and take it up again. */
  updates(ask: Ask): Answer {
    const [, , id] = ask.path.split('/');
    if (ask.method === 'GET') return { status: 200, body: { rollout: this.rollout } };
    if (id !== undefined) {
      this.rollout.state = (ask.body as { state: 'running' | 'stopped' }).state;
      if (this.rollout.state === 'running') this.rollout = { ...this.rollout, id: this.rollout.id + 1, reason: '' };
      return { status: 200, body: this.rollout };
    }
    this.rollout = { ...this.rollout, id: this.rollout.id + 1, version: '0.6.0', state: 'running', reason: '', sensors: [] };
    return { status: 201, body: this.rollout };
  }

  private invited: OpenInvitation[] | null = null;

  private invitations({ method, path, scenario }: Ask): Answer {
    this.invited ??= [{ id: '5d8f1c0a7be24d8a', sensor: 'xa-cho-moi-1', sites: ['xa-binh-minh'], expires: this.at(-0.8), who: 'hien.dt', created: this.at(0.2) }];
    if (method === 'GET') return { status: 200, body: { items: scenario === 'empty' ? [] : this.invited } };
    this.invited = this.invited.filter(({ id }) => !path.endsWith(id));
    return { status: 204 };
  }

  handle(ask: Ask): Answer {
    if (ask.path.startsWith('/invitations')) return this.invitations(ask);
    const [, , id, verb, instance] = ask.path.split('/').map(decodeURIComponent);
    if (id === undefined) return ask.method === 'POST' ? this.invite(ask) : this.list(ask);
    const sensor = this.sensors.find((each) => each.name === id);
    if (!sensor) return problem(404, 'not_found', 'there is no such sensor');
    if (verb === 'configuration') return ask.method === 'GET' ? { status: 200, body: { sensor: id, versions: this.versionsOf(id) } } : this.configure(id, ask);
    if (ask.method === 'GET') return { status: 200, body: sensor };
    if (verb === 'revoke') sensor.revoked = this.at(0);
    else if (verb === 'instances') {
      sensor.instances = sensor.instances.map((each) => (each.instance === instance ? { ...each, confirmed: true } : each));
    } else Object.assign(sensor, ask.body);
    return { status: 204 };
  }

  private versionsOf(name: string): ConfigurationVersion[] {
    const own = this.configurations.get(name);
    if (own) return own;
    const first = name === 'xa-moi-1' ? [] : CONFIGS.map(([who, why, config], at) => this.version(at + 1, who, why, config, 30 - at * 8)).reverse();
    this.configurations.set(name, first);
    return first;
  }

  private version(version: number, who: string, why: string, config: string, days: number): ConfigurationVersion {
    return { version, digest: digestOf(version), made: this.at(days), who, why, config, networks: 214 };
  }

  /** As the centre does: what it knows to be wrong is refused, what it does not know is named. */
  private configure(name: string, { body }: Ask): Answer {
    const config = String(body.config);
    const lines = config.split('\n');
    const lineWith = (word: string) => lines.findIndex((line) => line.includes(word)) + 1;
    if (String(body.why).trim() === '') return problem(422, 'bad_reason', 'a reason has 1 to 500 characters');
    if (config.length > 65_536) return problem(422, 'too_long', 'a configuration has at most 64 KiB');
    const bad = lineWith('mib = "');
    if (bad > 0) return problem(422, 'bad_configuration', `line ${String(bad)}: invalid type: string, expected u64`);
    const made = this.versionsOf(name);
    const version = (made[0]?.version ?? 0) + 1;
    this.configurations.set(name, [this.version(version, 'hien.dt', String(body.why), config, 0), ...made]);
    return { status: 201, body: { version, unknown: lineWith('smell') > 0 ? [`line ${String(lineWith('smell'))}: smell`] : [] } };
  }

  private list({ scenario }: Ask): Answer {
    const isClosed = scenario === 'closed_fleet';
    const many = Array.from({ length: MANY }, (_, n) => this.make(`xa-so-${String(n)}`, ['xa-binh-minh'], 3, this.report({})));
    const items = isClosed || scenario === 'empty' ? [] : scenario === 'too_many' ? [...this.sensors, ...many] : this.sensors;
    return { status: 200, body: { items, open: !isClosed } };
  }

  private invite({ body }: Ask): Answer {
    const name = String(body.name);
    if (name === 'centre') return problem(422, 'bad_name', "a sensor's name has 1 to 60 small letters, digits and -, and is not the centre's");
    const token = '7Q2m-mXhK-9vTe-c41Z.5d8f1c0a7be24d8a9a512f6c7d90e1015d8f1c0a7be24d8a9a512f6c7d90e101';
    const expires = new Date(this.now + Number(body.hours) * 3_600_000).toISOString();
    return { status: 201, body: { name, token, expires, command: `haidang enrol --centre https://trung-tam.example.vn:8444 --token ${token}` } };
  }
}
