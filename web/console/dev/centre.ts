/// The invented centre: answers /api/v1 as the contract says. Used by the dev server and the tests.
import type { Alert, Event } from '../src/lib/api';
import { Assets } from './assets.ts';
import { MAKERS, makeEvent } from './events.ts';
import { Cases } from './cases.ts';
import { Fleet } from './fleet.ts';
import { Incidents } from './incidents.ts';
import { Intel } from './intel.ts';
import { Rulebook } from './rulebook.ts';
import { People } from './people.ts';
import { rowOf, Triage } from './triage.ts';
import { SESSION, SITES, makeAlert, makeHealth, makeSources } from './world.ts';

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
  readonly people: People;
  readonly triage: Triage;
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
    this.people = new People(now);
    this.triage = new Triage(now, this.alerts);
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
    const isSession = ask.path === '/session' || ask.path.startsWith('/session/');
    if (!isSession && (ask.scenario === 'signed_out' || !this.signedIn)) return problem(401, 'signed_out', 'signed out');
    if (!isSession && ask.scenario === 'error' && ask.path !== '/sites') return problem(500, 'internal', 'the store could not be read');
    if (ask.scenario === 'stale' && times % 2 === 0 && /^\/(alerts|sensors|assets|cases|incidents|sources|health|rules|rules\/(attack|exceptions|packs))$/.test(ask.path)) return { status: 503 };
    if (isSession) return this.session(ask);
    const [, resource = '', id] = ask.path.split('/');
    if (resource === 'alerts' || resource === 'entities') return this.triage.handle(ask);
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
    if (['users', 'sessions', 'tokens', 'audit'].includes(resource)) return this.people.handle(resource);
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

export function found(body: unknown): Answer {
  return body === undefined ? problem(404, 'not_found', 'not found') : { status: 200, body };
}

export function problem(status: number, code: string, message: string): Answer {
  return { status, body: { status, code, message, request_id: '01K9X3T7Q4M2' } };
}
