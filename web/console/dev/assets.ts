/// The invented centre's assets: of every state, origin and weight.
import type { Asset, AssetImport, AssetState } from '../src/lib/assets';
import { problem, type Answer, type Ask } from './centre.ts';
import { SESSION } from './world.ts';

const HOUR = 3_600_000;
/** More than a page holds, for the scenario `too_many`. */
const MANY = 640;

export class Assets {
  readonly all: Asset[];

  constructor(readonly now: number) {
    const seen = (hours: number) => ({ origin: 'seen' as const, first_seen: this.at(hours), last_seen: this.at(hours / 50), who: '' });
    this.all = [
      this.make('10.60.0.10', 'so-tttt', { name: 'DC01 điều khiển miền', role: 'Máy chủ miền', criticality: 'critical', owner: 'Phòng Hạ tầng', contact: '0225 3 555 010', mac: '00:1a:2b:3c:4d:5e', valid_from: '2025-03-01' }),
      this.make('10.60.0.21', 'so-tttt', { name: 'Cổng dịch vụ công', role: 'Máy chủ web', criticality: 'critical', owner: 'Phòng Hạ tầng', contact: 'hatang@haibinh.example.vn', origin: 'csv' }),
      this.make('10.60.31.4', 'xa-binh-minh', { name: 'Máy một cửa', role: 'Máy trạm tiếp nhận hồ sơ', owner: 'Văn thư xã', contact: '0912 345 678', ...seen(900), state: 'confirmed', seen_by: 'dhcp' }),
      this.make('10.60.31.0/24', 'xa-binh-minh', { name: 'Mạng UBND xã Bình Minh', origin: 'file', id: 'file:10.60.31.0/24', who: '' }),
      this.make('10.61.4.80', 'bv-da-khoa', { name: 'Máy chủ HIS', role: 'Quản lý khám chữa bệnh', criticality: 'high', owner: 'Phòng CNTT bệnh viện', contact: 'Trực 24/24: 0225 3 888 115', origin: 'csv' }),
      this.make('10.61.9.15', 'bv-da-khoa', { name: 'Máy in phòng khám 3', role: 'Máy in', criticality: 'low', valid_to: '2026-06-30' }),
      this.make('2001:db8:60::53', 'so-tttt', { name: 'Phân giải tên miền', role: 'DNS', criticality: 'high', owner: 'Phòng Hạ tầng' }),
      this.make('10.60.31.57', 'xa-binh-minh', { name: 'XABM-KETOAN', ...seen(60), seen_by: 'dhcp', mac: '3c:52:82:0a:11:f0' }),
      this.make('10.60.31.61', 'xa-binh-minh', { name: 'XABM-CHUTICH', ...seen(300), seen_by: 'sysmon' }),
      this.make('10.60.40.9', 'phuong-hai-dong', { ...seen(12), seen_by: 'traffic' }),
      this.make('10.60.40.12', 'phuong-hai-dong', { name: 'camera-cong-chinh', ...seen(20), seen_by: 'log' }),
      this.make('10.60.31.200', 'xa-binh-minh', { name: 'DIENTHOAI-KHACH', ...seen(400), seen_by: 'dhcp', state: 'dismissed', who: 'an.nguyen' }),
    ];
  }

  private at(hours: number): string {
    return new Date(this.now - hours * HOUR).toISOString();
  }

  private make(address: string, site: string, rest: Partial<Asset> = {}): Asset {
    return {
      id: `as-${address}`,
      site,
      address,
      kind: address.includes('/') ? 'network' : 'host',
      name: '',
      role: '',
      criticality: 'normal',
      owner: '',
      contact: '',
      mac: null,
      valid_from: null,
      valid_to: null,
      state: rest.origin === 'seen' ? 'proposed' : 'confirmed',
      origin: 'person',
      seen_by: null,
      exercise: true,
      first_seen: null,
      last_seen: null,
      updated: this.at(30),
      who: 'an.nguyen',
      ...rest,
    };
  }

  handle(ask: Ask): Answer {
    const [, , id] = ask.path.split('/').map(decodeURIComponent);
    if (id === undefined) return ask.method === 'POST' ? this.add(ask) : this.list(ask);
    if (id === 'state') return this.states(ask);
    if (id === 'import') return this.import(ask);
    const asset = this.all.find((each) => each.id === id);
    if (!asset) return problem(404, 'not_found', 'there is no such asset');
    if (ask.method === 'GET') return { status: 200, body: asset };
    if (asset.origin === 'file') return problem(409, 'conflict', 'a file of rules/sites has this network; change it there');
    if (ask.method === 'DELETE') {
      this.all.splice(this.all.indexOf(asset), 1);
      return { status: 204 };
    }
    return this.refused(ask.body, asset) ?? { status: 200, body: Object.assign(asset, cleared(ask.body), { who: SESSION.user }) };
  }

  private list({ query, scenario }: Ask): Answer {
    const [site, state, kind, text] = ['site', 'state', 'kind', 'text'].map((name) => query.get(name) ?? '');
    const many = Array.from({ length: MANY }, (_, n) => this.make(`10.62.${String(n >> 8)}.${String(n & 255)}`, 'xa-binh-minh', { name: `Máy trạm ${String(n)}` }));
    const all = scenario === 'empty' ? [] : scenario === 'too_many' ? [...this.all, ...many] : scenario === 'unconfirmed' ? this.all.filter((each) => each.state === 'proposed') : this.all;
    const has = (asset: Asset) => [asset.address, asset.name, asset.role, asset.owner, asset.contact].join('\n').toLowerCase().includes((text ?? '').toLowerCase());
    const meant = all.filter((asset) => (site === '' || asset.site === site) && (kind === '' || asset.kind === kind) && has(asset));
    const found = meant.filter((asset) => state === '' || asset.state === state);
    const start = Number(query.get('cursor') ?? 0);
    const end = start + Number(query.get('limit') ?? 100);
    const count = (wanted: AssetState) => meant.filter((asset) => asset.state === wanted).length;
    const counts = { proposed: count('proposed'), confirmed: count('confirmed'), dismissed: count('dismissed') };
    return { status: 200, body: { items: found.slice(start, end), next: end < found.length ? String(end) : null, counts } };
  }

  private add({ body }: Ask): Answer {
    const refused = this.refused(body, null);
    if (refused) return refused;
    const asset = this.make(String(body.address), String(body.site), { ...cleared(body), who: SESSION.user, updated: this.at(0) });
    this.all.push(asset);
    return { status: 201, body: asset };
  }

  private refused({ address, site }: Record<string, unknown>, own: Asset | null): Answer | null {
    if (typeof address === 'string' && !/^[0-9a-f.:]+(\/\d+)?$/.test(address)) {
      return problem(422, 'bad_asset', `${JSON.stringify(address)} is no address; write 10.60.31.7, 2001:db8::7 or a network as 10.60.31.0/24`);
    }
    const isTaken = this.all.some((each) => each !== own && each.address === (address ?? own?.address) && each.site === (site ?? own?.site));
    return isTaken ? problem(409, 'conflict', 'the site has an asset with this address already') : null;
  }

  private states({ body }: Ask): Answer {
    const ids = body.ids as string[];
    const changed = this.all.filter((each) => ids.includes(each.id) && each.state !== body.state && each.origin !== 'file');
    for (const asset of changed) asset.state = body.state as AssetState;
    return { status: 200, body: { changed: changed.length } };
  }

  /** The file is not read: the invented centre knows what it would find. */
  private import({ query, scenario }: Ask): Answer {
    if (scenario === 'conflict') return problem(422, 'too_many_lines', 'the CSV has more than 10000 lines (limits.assets.csv_lines); cut it in parts');
    if (query.get('trial') === 'false') {
      for (let n = 0; n < 3; n += 1) this.all.push(this.make(`10.60.50.${String(n)}`, 'phuong-hai-dong', { name: `Máy trạm ${String(n + 1)}`, origin: 'csv' }));
    }
    const body: AssetImport = {
      added: 3,
      changed: 1,
      same: 12,
      problems: [
        { line: 1, message: 'the column "ghi chú" is none of site,address,name,role,criticality,owner,contact,mac,valid_from,valid_to; it is left out' },
        { line: 7, message: '"10.60.31" is no address; write 10.60.31.7, 2001:db8::7 or a network as 10.60.31.0/24' },
        { line: 9, message: 'something of a newer centre' },
      ],
    };
    return { status: 200, body };
  }
}

/** An empty text is none. */
function cleared(body: Record<string, unknown>): Record<string, unknown> {
  const nullable = ['mac', 'valid_from', 'valid_to'];
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [name, nullable.includes(name) && value === '' ? null : value]));
}
