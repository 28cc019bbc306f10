/// The invented centre: answers /api/v1 as the contract says. Used by the dev server and the tests.
import type { Alert, AlertRow, AlertState, Event, Verdict } from '../src/lib/api';
import { Assets } from './assets.ts';
import { MAKERS, makeEvent } from './events.ts';
import { Cases } from './cases.ts';
import { Fleet } from './fleet.ts';
import { Incidents } from './incidents.ts';
import { Intel } from './intel.ts';
import { Rulebook } from './rulebook.ts';
import { SESSION, SITES, iso, makeAlert, makeHealth, makeSources } from './world.ts';

export interface Ask {
  method: string;
  path: string;
  query: URLSearchParams;
  body: Record<string, unknown>;
  scenario: string;
}

export interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

export class Centre {
  readonly alerts: Alert[];
  readonly events: Event[];
  readonly assets: Assets;
  readonly cases: Cases;
  readonly fleet: Fleet;
  readonly incidents: Incidents;
  readonly intel: Intel;
  readonly rulebook: Rulebook;
  signedIn = true;
  private readonly asked = new Map<string, number>();

  constructor(
    readonly now: number,
    alerts = 64,
    events = 600,
  ) {
    this.alerts = Array.from({ length: alerts }, (_, n) => makeAlert(n, now));
    this.assets = new Assets(now);
    this.cases = new Cases(now, this.alerts.map(rowOf));
    this.fleet = new Fleet(now);
    this.incidents = new Incidents(now);
    this.intel = new Intel(now);
    this.rulebook = new Rulebook(now);
    const kinds = Object.keys(MAKERS);
    const sites = ['xa-binh-minh', 'so-tttt'];
    this.events = Array.from({ length: events }, (_, n) =>
      makeEvent(n, kinds[(n * n) % kinds.length] ?? 'dns', now - n * 8_700, sites[n % 2] ?? 'so-tttt'),
    );
  }

  handle(ask: Ask): Answer {
    const times = (this.asked.get(ask.path) ?? 0) + 1;
    this.asked.set(ask.path, times);
    if (ask.scenario === 'down') return { status: 503 };
    const isSession = ask.path.startsWith('/session');
    if (!isSession && (ask.scenario === 'signed_out' || !this.signedIn)) return problem(401, 'signed_out', 'signed out');
    if (!isSession && ask.scenario === 'error' && ask.path !== '/sites') return problem(500, 'internal', 'the store could not be read');
    if (ask.scenario === 'stale' && times % 2 === 0 && /^\/(alerts|sensors|assets|cases|incidents|sources|health|rules|rules\/(attack|exceptions|packs))$/.test(ask.path)) return { status: 503 };
    if (isSession) return this.session(ask);
    const [, resource = '', id, verb] = ask.path.split('/');
    if (resource === 'alerts' && id === undefined) return this.list(ask);
    if (resource === 'alerts' && verb === 'state') return this.change(decodeURIComponent(id ?? ''), ask);
    if (resource === 'alerts') return found(this.alerts.find((alert) => alert.id === id));
    if (resource === 'events' && id === undefined) return this.search(ask);
    if (resource === 'events') return found(this.event(decodeURIComponent(id ?? '')));
    if (resource === 'rules') return this.rulebook.handle(ask);
    if (resource === 'intel') return this.intel.handle(ask);
    if (resource === 'sensors' || resource === 'invitations') return this.fleet.handle(ask);
    if (resource === 'updates') return this.fleet.updates(ask);
    if (resource === 'assets') return this.assets.handle(ask);
    if (resource === 'cases') return this.cases.handle(ask);
    if (resource === 'incidents') return this.incidents.handle(ask);
    if (resource === 'sources') return { status: 200, body: { items: ask.scenario === 'empty' ? [] : makeSources(this.now) } };
    if (resource === 'sites') return { status: 200, body: { items: SITES } };
    if (resource === 'health') return { status: 200, body: makeHealth(this.now, ask.scenario) };
    return problem(404, 'not_found', 'no such resource');
  }

  private session(ask: Ask): Answer {
    if (ask.path === '/session/password') {
      return String(ask.body.new).length < 10 ? problem(422, 'weak_password', 'too weak') : { status: 204 };
    }
    if (ask.method === 'DELETE') {
      this.signedIn = false;
      return { status: 204 };
    }
    if (ask.method === 'POST') {
      if (ask.body.password === 'locked') return { ...problem(429, 'too_many_attempts', 'wait'), headers: { 'Retry-After': '47' } };
      if (ask.body.password === 'wrong') return problem(401, 'bad_credentials', 'no');
      this.signedIn = true;
    }
    if (!this.signedIn || (ask.method === 'GET' && ask.scenario === 'signed_out')) return problem(401, 'signed_out', 'signed out');
    const permissions = ask.scenario === 'no_rights' ? ['alerts.read', 'health.read'] : SESSION.permissions;
    return { status: 200, body: { ...SESSION, permissions } };
  }

  private list(ask: Ask): Answer {
    const has = (name: string, value: string) => {
      const wanted = ask.query.get(name);
      return wanted === null || wanted.split(',').includes(value);
    };
    const from = ask.query.get('from');
    const to = ask.query.get('to');
    const entity = ask.query.get('entity');
    const rule = ask.query.get('rule');
    const all = (ask.scenario === 'empty' ? [] : this.alerts).filter(
      (alert) =>
        has('level', alert.rule.level) &&
        has('site', alert.site) &&
        (rule === null || alert.rule.id === rule) &&
        (entity === null || alert.entities.some((item) => item.value.toLowerCase() === entity.toLowerCase())) &&
        (from === null || alert.last >= from) &&
        (to === null || alert.first <= to),
    );
    const rank = ['critical', 'high', 'medium', 'low', 'informational'];
    const shown = all
      .filter((alert) => has('state', alert.state))
      .sort((a, b) => (ask.query.get('sort') === 'severity' ? rank.indexOf(a.rule.level) - rank.indexOf(b.rule.level) : 0) || b.opened.localeCompare(a.opened));
    if (ask.query.get('sort') === 'oldest') shown.reverse();
    const start = Number(ask.query.get('cursor') ?? 0);
    const limit = Number(ask.query.get('limit') ?? 50);
    const count = (state: AlertState) => all.filter((alert) => alert.state === state).length;
    const isMany = ask.scenario === 'too_many';
    return {
      status: 200,
      body: {
        items: shown.slice(start, start + limit).map(rowOf),
        next: start + limit < shown.length ? String(start + limit) : null,
        total: isMany ? 10_000 : shown.length,
        total_capped: isMany,
        counts: { new: isMany ? 10_000 : count('new'), acknowledged: count('acknowledged'), in_work: count('in_work'), closed: count('closed') },
      },
    };
  }

  private change(id: string, ask: Ask): Answer {
    const alert = this.alerts.find((item) => item.id === id);
    if (!alert) return problem(404, 'not_found', 'no such alert');
    const to = ask.body.state as AlertState;
    const verdict = (ask.body.verdict ?? null) as Verdict | null;
    if (ask.scenario === 'conflict' && alert.version < 40) {
      this.move(alert, 'in_work', null, 'an.nguyen', '');
      alert.version = 40;
    }
    if (ask.body.version !== alert.version) return problem(409, 'conflict', 'the alert has changed');
    if (to === 'closed' && verdict === null) return problem(422, 'verdict_required', 'a verdict is needed');
    this.move(alert, to, verdict, SESSION.user, String(ask.body.note ?? ''));
    return { status: 200, body: rowOf(alert) };
  }

  private move(alert: Alert, to: AlertState, verdict: Verdict | null, who: string, note: string): void {
    const at = iso(this.now);
    alert.history.push({ at, who, action: to === 'new' ? 'reopened' : to, from: alert.state, to, verdict, note: note || null });
    alert.state = to;
    alert.verdict = to === 'closed' ? verdict : null;
    alert.version += 1;
    alert.updated = at;
  }

  private search(ask: Ask): Answer {
    const q = ask.query.get('q') ?? '';
    const bad = q.indexOf('((');
    if (bad >= 0) return problem(400, 'bad_query', `column ${bad + 2}: a condition is missing after "("`);
    const words = q.toLowerCase().match(/(?<!not )kind:([\w.]+)/);
    const from = ask.query.get('from');
    const to = ask.query.get('to');
    const hits = (ask.scenario === 'empty' ? [] : this.events).filter(
      (event) => (!words || event.kind === words[1]) && (from === null || event.time >= from) && (to === null || event.time <= to),
    );
    const start = Number(ask.query.get('cursor') ?? 0);
    const limit = Number(ask.query.get('limit') ?? 50);
    const isMany = ask.scenario === 'too_many';
    return {
      status: 200,
      body: {
        items: hits.slice(start, start + limit),
        next: start + limit < hits.length ? String(start + limit) : null,
        total: isMany ? 10_000 : hits.length,
        total_capped: isMany,
        took_ms: 23,
        partial: ask.scenario === 'partial' ? 'deadline' : null,
      },
    };
  }

  private event(id: string): Event | undefined {
    return (
      this.events.find((event) => event.id === id) ??
      this.alerts.flatMap((alert) => alert.evidence.map((item) => item.event)).find((event) => event.id === id)
    );
  }
}

function rowOf(alert: Alert): AlertRow {
  const { evidence: _e, history: _h, query: _q, query_from: _f, query_to: _t, rule, ...rest } = alert;
  const { id, title, vi, level, author, tags } = rule;
  return { ...rest, rule: { id, title, vi, level, author, tags } };
}

function found(body: unknown): Answer {
  return body === undefined ? problem(404, 'not_found', 'not found') : { status: 200, body };
}

export function problem(status: number, code: string, message: string): Answer {
  return { status, body: { status, code, message, request_id: '01K9X3T7Q4M2' } };
}
