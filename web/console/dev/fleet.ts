/// The invented centre's sensors: one for each way in which a sensor can be unwell, and some that are well.
import type { Sensor, SensorInstance } from '../src/lib/api';
import { problem, type Answer, type Ask } from './centre.ts';

const DAY = 86_400_000;
/** The fleet of a whole province, for the scenario `too_many`. */
const MANY = 430;

interface Said {
  uplink?: string;
  accepts?: string;
  /** Waiting in lanes 1 to 3. */
  waiting?: [number, number, number];
  dropped?: number;
}

export class Fleet {
  readonly sensors: Sensor[];

  constructor(readonly now: number) {
    this.sensors = [
      this.make('xa-binh-minh-1', ['xa-binh-minh'], 4, this.report({ waiting: [0, 12, 340] })),
      this.make('ttdl-1', ['so-tttt'], 2, this.report({})),
      this.make('ttdl-2', ['so-tttt'], 3, this.report({}), { skew_ms: 7_400 }),
      this.make('bvdk-1', ['bv-da-khoa'], 41_000, this.report({ uplink: 'broken', waiting: [4, 81_220, 1_204_511] }), { freshness: 'stale' }),
      this.make('phuong-hai-dong-1', ['phuong-hai-dong', 'xa-binh-minh', 'so-tttt'], 9, this.report({ accepts: 'full', waiting: [0, 90_214, 3_911_020], dropped: 48_112 }), { dropped: 48_112 }),
      this.make('cum-tinh', ['tinh'], 6, this.report({ waiting: [0, 0, 18] }), { certificate_expires: this.at(-11) }),
      this.make('xa-an-hoa-1', ['xa-binh-minh'], 700, this.report({ uplink: 'refused', waiting: [2, 4_100, 22_000] }), { freshness: 'late' }),
      this.make('xa-moi-1', ['xa-binh-minh'], null, null, { freshness: 'never' }),
      this.make('cho-cu-1', ['so-tttt'], 900_000, null, { freshness: 'stale', revoked: this.at(12) }),
      this.make('so-khdt-1', ['so-tttt'], 5, this.report({}), { instances: [this.instance('4be1', 40, true), this.instance('9c02', 0.1, false)] }),
    ];
  }

  private at(days: number): string {
    return new Date(this.now - days * DAY).toISOString();
  }

  private instance(word: string, days: number, confirmed: boolean): SensorInstance {
    return { instance: word.repeat(4), first_seen: this.at(days), last_seen: this.at(0), confirmed };
  }

  private report({ uplink = 'connected', accepts = 'ok', waiting = [0, 0, 0], dropped = 0 }: Said): Record<string, unknown> {
    const lanes = waiting.map((count, at) => ({ lane: at + 1, waiting: count, bytes: count * 412, dropped: at === 2 ? dropped : 0, last: 120_400 * (at + 1) + count }));
    return {
      timestamp: new Date(this.now - 20_000).toISOString(),
      version: '0.4.0',
      dropped,
      uplink: { state: uplink, rate: uplink === 'connected' ? 48_200 : 0 },
      spool: { accepts, lanes },
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
      ...rest,
    };
  }

  handle(ask: Ask): Answer {
    const [, , id, verb, instance] = ask.path.split('/').map(decodeURIComponent);
    if (id === undefined) return ask.method === 'POST' ? this.invite(ask) : this.list(ask);
    const sensor = this.sensors.find((each) => each.name === id);
    if (!sensor) return problem(404, 'not_found', 'there is no such sensor');
    if (ask.method === 'GET') return { status: 200, body: sensor };
    if (verb === 'revoke') sensor.revoked = this.at(0);
    else if (verb === 'instances') {
      sensor.instances = sensor.instances.map((each) => (each.instance === instance ? { ...each, confirmed: true } : each));
    } else Object.assign(sensor, ask.body);
    return { status: 204 };
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
