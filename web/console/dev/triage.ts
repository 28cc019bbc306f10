/// The invented centre's queue: lists, changes of one and of many with their undoing, and entities with their risk.
import type { Alert, AlertRow, AlertState, Level, Verdict } from '../src/lib/api';
import type { EntityPage, RiskReason } from '../src/lib/triage';
import { found, problem, type Answer, type Ask } from './centre.ts';
import { SESSION, SITES, iso } from './world.ts';

const RANK: readonly Level[] = ['critical', 'high', 'medium', 'low', 'informational'];
const WEIGHTS: Record<Level, number> = { critical: 60, high: 30, medium: 12, low: 4, informational: 1 };
const OPEN: readonly AlertState[] = ['new', 'acknowledged', 'in_work'];
const DAY_MS = 86_400_000;

type Before = Pick<Alert, 'state' | 'verdict' | 'assignee' | 'due'>;
type Words = (name: string) => string | null;

export class Triage {
  private readonly batches = new Map<string, Map<string, Before>>();

  constructor(
    private readonly now: number,
    private readonly alerts: Alert[],
  ) {}

  handle(ask: Ask): Answer {
    const [, resource, id = '', verb, third] = ask.path.split('/').map(decodeURIComponent);
    if (resource === 'entities') return this.entity(id, verb ?? '', ask);
    if (id === '') return this.list(ask);
    if (id === 'people') return { status: 200, body: { items: PEOPLE } };
    if (id === 'bulk') return third === 'undo' ? this.undo(verb ?? '') : this.bulk(ask);
    const alert = this.alerts.find((item) => item.id === id);
    if (alert === undefined || verb === undefined) return found(alert);
    return this.change(alert, ask);
  }

  private list(ask: Ask): Answer {
    const words: Words = (name) => ask.query.get(name);
    const all = ask.scenario === 'empty' ? [] : this.alerts.filter((alert) => this.isMeant(alert, words));
    const shown = all
      .filter((alert) => this.isShown(alert, words))
      .sort((a, b) => (words('sort') === 'severity' ? RANK.indexOf(a.rule.level) - RANK.indexOf(b.rule.level) : 0) || b.opened.localeCompare(a.opened));
    if (words('sort') === 'oldest') shown.reverse();
    const start = Number(words('cursor') ?? 0);
    const limit = Number(words('limit') ?? 50);
    const isMany = ask.scenario === 'too_many';
    return {
      status: 200,
      body: {
        items: shown.slice(start, start + limit).map(rowOf),
        next: start + limit < shown.length ? String(start + limit) : null,
        total: isMany ? 10_000 : shown.length,
        total_capped: isMany,
        counts: this.counts(all, isMany),
        as_of: iso(this.now),
      },
    };
  }

  private counts(all: Alert[], isMany: boolean) {
    const count = (is: (alert: Alert) => boolean) => all.filter(is).length;
    const isOpen = (alert: Alert) => OPEN.includes(alert.state);
    const states = Object.fromEntries([...OPEN, 'closed'].map((state) => [state, count((alert) => alert.state === state)]));
    return {
      ...states,
      ...(isMany && { new: 10_001 }),
      mine: count((alert) => isOpen(alert) && alert.assignee === SESSION.user),
      unassigned: count((alert) => isOpen(alert) && alert.assignee === null),
      overdue: count((alert) => this.isOverdue(alert)),
    };
  }

  private isOverdue(alert: Alert): boolean {
    return alert.state === 'new' && alert.due !== null && alert.due <= iso(this.now);
  }

  private isMeant(alert: Alert, words: Words): boolean {
    const [from, to, entity, rule] = ['from', 'to', 'entity', 'rule'].map(words);
    return (
      has(words('level'), alert.rule.level) &&
      has(words('site'), alert.site) &&
      (!rule || alert.rule.id === rule) &&
      (!entity || alert.entities.some((item) => item.value.toLowerCase() === entity.toLowerCase())) &&
      (!from || alert.last >= from) &&
      (!to || alert.first <= to)
    );
  }

  private isShown(alert: Alert, words: Words): boolean {
    const assignee = words('assignee');
    const name = assignee === 'me' ? SESSION.user : assignee;
    const isHeld = !name || (name === 'none' ? alert.assignee === null : alert.assignee === name);
    return has(words('state'), alert.state) && isHeld && (words('overdue') !== 'true' || this.isOverdue(alert));
  }

  private change(alert: Alert, ask: Ask): Answer {
    if (ask.scenario === 'conflict' && alert.version < 40) {
      this.move(alert, { state: 'in_work' }, 'an.nguyen');
      alert.version = 40;
    }
    if (ask.body.version !== alert.version) return problem(409, 'conflict', 'the alert has changed');
    if (ask.body.state === 'closed' && !ask.body.verdict) return problem(422, 'verdict_required', 'a verdict is needed');
    const batch = this.begin([alert]);
    this.move(alert, ask.body, SESSION.user);
    return { status: 200, body: { ...rowOf(alert), batch } };
  }

  private bulk(ask: Ask): Answer {
    const { ids, filter, change } = ask.body as { ids?: string[]; filter?: Record<string, unknown>; change: Record<string, unknown> };
    const words: Words = (name) => (filter?.[name] === undefined ? null : String(filter[name]));
    const meant = this.alerts.filter((alert) => (ids ? ids.includes(alert.id) : this.isMeant(alert, words) && this.isShown(alert, words)));
    const name = change.assignee === undefined ? undefined : change.assignee || null;
    const isSo = (alert: Alert) => (change.state === undefined || alert.state === change.state) && (name === undefined || alert.assignee === name);
    const changed = meant.filter((alert) => !isSo(alert));
    const batch = this.begin(changed);
    for (const alert of changed) this.move(alert, change, SESSION.user);
    const skipped = meant.filter((alert) => !changed.includes(alert)).map(({ id }) => ({ id, code: 'unchanged' }));
    return { status: 200, body: { batch, changed: changed.length, skipped, skipped_count: skipped.length } };
  }

  private begin(alerts: Alert[]): string {
    const batch = `b${this.batches.size + 1}`;
    const before = alerts.map(({ id, state, verdict, assignee, due }) => [id, { state, verdict, assignee, due }] as const);
    this.batches.set(batch, new Map(before));
    return batch;
  }

  private undo(batch: string): Answer {
    const before = this.batches.get(batch);
    if (before === undefined) return problem(404, 'not_found', 'there is no such change of yours');
    for (const [id, was] of before) {
      const alert = this.alerts.find((item) => item.id === id);
      if (alert) Object.assign(alert, was, { version: alert.version + 1 });
    }
    return { status: 200, body: { batch, changed: before.size, skipped: [], skipped_count: 0 } };
  }

  private move(alert: Alert, change: Record<string, unknown>, who: string): void {
    const line = { at: iso(this.now), who, from: null, to: null, verdict: null, note: null, assignee: null, undone: false };
    if (change.state !== undefined) {
      const to = change.state as AlertState;
      const verdict = to === 'closed' ? ((change.verdict ?? null) as Verdict | null) : null;
      const note = change.note === undefined ? null : String(change.note);
      alert.history.push({ ...line, action: to === 'new' ? 'reopened' : to, from: alert.state, to, verdict, note });
      Object.assign(alert, { state: to, verdict }, to !== 'new' && { due: null });
    }
    if (change.assignee !== undefined) {
      alert.assignee = change.assignee === '' ? null : String(change.assignee);
      alert.history.push({ ...line, action: 'assign', assignee: alert.assignee });
    }
    alert.version += 1;
    alert.updated = line.at;
  }

  private entity(type: string, value: string, ask: Ask): Answer {
    const alerts = this.alerts.filter((alert) => alert.entities.some((item) => item.value === value));
    const reasons = this.reasons(alerts);
    const isHost = type === 'ip' && value.startsWith('10.60.');
    const criticality = isHost ? 1.25 : 1;
    const sum = reasons.reduce((total, reason) => total + reason.points, 0);
    const count = (state: AlertState) => alerts.filter((alert) => alert.state === state).length;
    const body: EntityPage = {
      type: type as EntityPage['type'],
      value,
      exercise: ask.query.get('exercise') === 'true',
      risk: { score: Math.min(100, Math.ceil(sum * criticality)), criticality, days: 7, reasons: reasons.slice(0, 20), more: Math.max(0, reasons.length - 20), more_points: 0 },
      assets: isHost ? [HOST(value)] : [],
      first: alerts.map((alert) => alert.first).sort()[0] ?? null,
      last: alerts.map((alert) => alert.last).sort().at(-1) ?? null,
      alerts: alerts.slice(0, 20).map(rowOf),
      counts: { new: count('new'), acknowledged: count('acknowledged'), in_work: count('in_work'), closed: count('closed') },
      capped: false,
    };
    return { status: 200, body };
  }

  private reasons(alerts: Alert[]): RiskReason[] {
    const places = new Map<string, number>();
    const reasons = alerts
      .toSorted((a, b) => b.last.localeCompare(a.last))
      .flatMap((alert): RiskReason[] => {
        const days = (this.now - Date.parse(alert.last)) / DAY_MS;
        const factor = alert.verdict === 'true_positive' ? 1.5 : alert.verdict === 'benign' || alert.verdict === 'false_positive' ? 0 : 1;
        const freshness = Math.ceil(Math.max(0, 1 - days / 7) * 100) / 100;
        if (factor === 0 || freshness === 0) return [];
        const place = (places.get(alert.rule.id) ?? 0) + 1;
        places.set(alert.rule.id, place);
        const weight = WEIGHTS[alert.rule.level];
        const { id, title, level } = alert.rule;
        const points = Math.floor((weight * freshness * factor * 100) / place) / 100;
        const age_days = Math.round(days * 100) / 100;
        return [{ alert: alert.id, rule: id, title, title_vi: null, level, verdict: alert.verdict, points, weight, freshness, verdict_factor: factor, place, age_days }];
      });
    return reasons.sort((a, b) => b.points - a.points);
  }
}

const PEOPLE = [
  { name: 'an.nguyen', display: 'Nguyễn Văn An' },
  { name: SESSION.user, display: SESSION.name },
  { name: 'trung.lq', display: 'Lê Quang Trung' },
];

const HOST = (address: string): EntityPage['assets'][number] => ({
  id: '7', site: SITES[1]?.id ?? '', address, kind: 'host', name: 'Máy chủ một cửa', role: 'Dịch vụ công trực tuyến', criticality: 'high',
  owner: 'Phòng Hạ tầng, Sở KH&CN', contact: '0203 000 111', mac: null, valid_from: null, valid_to: null, state: 'confirmed', origin: 'person',
  seen_by: null, exercise: true, first_seen: null, last_seen: null, updated: '2026-11-01T00:00:00Z', who: 'hien.dt',
});

function has(wanted: string | null, value: string): boolean {
  return wanted === null || wanted.split(',').includes(value);
}

export function rowOf(alert: Alert): AlertRow {
  const { evidence: _e, history: _h, query: _q, query_from: _f, query_to: _t, rule, ...rest } = alert;
  const { id, title, vi, level, author, tags } = rule;
  return { ...rest, rule: { id, title, vi, level, author, tags } };
}
