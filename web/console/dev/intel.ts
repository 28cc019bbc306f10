/// The invented centre's intel lists: enough to look through, add to and take from.
import type { IntelEntryRow, IntelList } from '../src/lib/api';
import { problem, type Answer, type Ask } from './centre.ts';

const DAY = 86_400_000;

export class Intel {
  readonly lists: IntelList[];
  readonly entries = new Map<string, IntelEntryRow[]>();

  constructor(readonly now: number) {
    this.lists = [
      this.list('c2', 'Máy chủ điều khiển mã độc', 'Botnet controllers', 'abuse.ch', 'critical', 1),
      this.list('cert', 'Cảnh báo của CERT', 'From the CERT', 'VNCERT/CC', 'high', 9),
      this.list('co-bac', 'Tên miền cờ bạc', 'Gambling domains', 'Cục An toàn thông tin', 'low', 30),
    ];
    this.fill('c2', 40, (n) => [n % 2 === 0 ? 'address' : 'domain', n % 2 === 0 ? `198.51.100.${String(n)}` : `c2-${String(n)}.evil.example`]);
    this.fill('cert', 3, (n) => ['url', `http://evil.example/tai-lieu-${String(n)}.exe`]);
    this.fill('co-bac', 230, (n) => ['domain', `nha-cai-${String(n)}.example`]);
    const [c2, cert, gambling] = this.lists;
    if (c2) Object.assign(c2, { changed_by: 'an.nguyen', changed: this.at(0.2), by_hand: 2, hunt: { waiting: 120, left_out: 4200, found: 0 } });
    if (cert) Object.assign(cert, { feed_problem: 'the server answers 401', freshness: 'late', hunt: { waiting: 0, left_out: 0, found: 7 } });
    if (gambling) Object.assign(gambling, { enabled: false, refused: 2, problems: [{ file: 'tu-cuc.txt', line: 17, reason: '`com` is a public suffix: every name under it would match; name the domain itself' }] });
  }

  private at(days: number): string {
    return new Date(this.now - days * DAY).toISOString();
  }

  private list(id: string, name: string, name_en: string, source: string, level: IntelList['level'], days: number): IntelList {
    return {
      id, name, name_en, source, level, description: '', kind: null, confidence: 80, days: 90, tags: [], enabled: true, shipped: false,
      entries: 0, kinds: [], by_hand: 0, removed: 0, updated: this.at(days), freshness: 'fresh', changed_by: null, changed: null,
      refused: 0, problems: [], not_read: [], feed_problem: null, hunt: { waiting: 0, left_out: 0, found: 0 },
    };
  }

  private fill(id: string, count: number, make: (n: number) => [IntelEntryRow['kind'], string]): void {
    const rows = Array.from({ length: count }, (_, n) => this.row(...make(n)));
    this.entries.set(id, rows);
    this.count(id);
  }

  private row(kind: IntelEntryRow['kind'], value: string): IntelEntryRow {
    return { kind, value, confidence: 80, source: 'abuse.ch', valid_from: null, valid_until: null, expired: false, added_by: null, added: null, comment: '' };
  }

  private count(id: string): void {
    const list = this.lists.find((each) => each.id === id);
    const rows = this.entries.get(id) ?? [];
    if (!list) return;
    list.entries = rows.length;
    const kinds = [...new Set(rows.map((row) => row.kind))];
    list.kinds = kinds.map((kind) => ({ kind, count: rows.filter((row) => row.kind === kind).length }));
  }

  handle(ask: Ask): Answer {
    const [, , id, part] = ask.path.split('/');
    if (id === undefined) return ask.method === 'POST' ? this.make(ask) : this.all(ask);
    const list = this.lists.find((each) => each.id === id);
    if (!list) return problem(404, 'not_found', 'there is no such list');
    if (part === undefined) {
      Object.assign(list, ask.body);
      return { status: 204 };
    }
    if (ask.method === 'POST') return this.add(id, ask);
    const rows = this.entries.get(id) ?? [];
    if (ask.method === 'DELETE') {
      this.entries.set(id, rows.filter((row) => row.value !== ask.query.get('value')));
      this.count(id);
      return { status: 204 };
    }
    const found = rows.filter((row) => row.value.includes(ask.query.get('value') ?? ''));
    const start = Number(ask.query.get('cursor') ?? 0);
    const next = start + 100 < found.length ? String(start + 100) : null;
    return { status: 200, body: { items: found.slice(start, start + 100), next } };
  }

  private all(ask: Ask): Answer {
    const items = ask.scenario === 'empty' ? [] : this.lists;
    const entries = items.reduce((sum, list) => sum + list.entries, 0);
    return { status: 200, body: { items, entries, bytes: entries * 45 } };
  }

  private make(ask: Ask): Answer {
    const id = String(ask.body.id);
    if (this.lists.some((list) => list.id === id)) return problem(409, 'conflict', 'there is a list of that id');
    const name = String(ask.body.name);
    this.lists.push(this.list(id, name, name, String(ask.body.source), 'high', 0));
    this.entries.set(id, []);
    return { status: 201 };
  }

  private add(id: string, ask: Ask): Answer {
    const lines = String(ask.body.values).split('\n').filter((line) => line.trim() !== '');
    const bad = lines.flatMap((line, at) => (line.startsWith('10.') ? [{ file: '', line: at + 1, reason: `${line} is private or reserved: no known-bad address of the internet` }] : []));
    const good = lines.filter((line) => !line.startsWith('10.')).map((line) => line.replaceAll('[.]', '.'));
    const made = good.map((value) => ({ ...this.row('domain', value), added_by: 'hien.dt', added: this.at(0), comment: String(ask.body.comment) }));
    this.entries.set(id, [...made, ...(this.entries.get(id) ?? [])]);
    this.count(id);
    return { status: 200, body: { added: good.length, refused: bad.length, problems: bad } };
  }
}
