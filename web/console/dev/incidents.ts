/// The invented centre's incidents, in every state.
import type { IncidentChange, IncidentDetail, IncidentEntry, IncidentState } from '../src/lib/incidents';
import { problem, type Answer, type Ask } from './centre.ts';
import { SESSION } from './world.ts';

const HOUR = 3_600_000;
/** More than a page holds, for the scenario `too_many`. */
const MANY = 240;

export class Incidents {
  readonly all: IncidentDetail[];

  constructor(readonly now: number) {
    this.all = [
      this.silent('in-01', 'bvdk-1', 'bv-da-khoa', 'high', 'new', 11),
      this.silent('in-02', 'xa-an-hoa-1', 'xa-binh-minh', 'medium', 'acknowledged', 2),
      this.silent('in-03', 'phuong-hai-dong-1', 'phuong-hai-dong', 'critical', 'in_work', 30, { count: 2 }),
      this.silent('in-04', 'cum-tinh', '', 'low', 'new', 50, { snoozed_until: new Date(now + 9 * HOUR).toISOString() }),
      this.silent('in-05', 'ttdl-2', 'so-tttt', 'medium', 'resolved', 70),
      this.silent('in-06', 'ttdl-1', 'so-tttt', 'high', 'closed', 200, { cause: 'planned_work' }),
    ];
  }

  private at(hours: number): string {
    return new Date(this.now - hours * HOUR).toISOString();
  }

  private silent(id: string, sensor: string, site: string, level: IncidentDetail['level'], state: IncidentState, hours: number, rest: Partial<IncidentDetail> = {}): IncidentDetail {
    const history: IncidentEntry[] = [{ version: 1, at: this.at(hours), who: '', action: 'opened', from: null, to: 'new', note: null }];
    if (state !== 'new') history.push({ version: 2, at: this.at(hours / 2), who: 'an.nguyen', action: state, from: 'new', to: state, note: state === 'in_work' ? 'Đã gọi văn thư phường: mất điện từ 6 giờ, điện lực hẹn trưa có lại.' : null });
    return {
      id,
      origin: 'source',
      rule: 'sensor_silent',
      level,
      site,
      exercise: true,
      state,
      title: { vi: `Cảm biến ${sensor} im lặng`, en: `Sensor ${sensor} is silent` },
      summary: {
        vi: `Trung tâm không nhận được gì từ cảm biến ${sensor} lâu hơn 5 phút. Trong thời gian đó không biết có gì xảy ra tại điểm này.`,
        en: `The centre has heard nothing from sensor ${sensor} for more than 5 minutes. Nobody knows what happens there meanwhile.`,
      },
      dimensions: { sensor },
      opened: this.at(hours),
      updated: this.at(hours / 2),
      version: history.length,
      count: 0,
      snoozed_until: null,
      merged_into: null,
      cause: null,
      history,
      ...rest,
    };
  }

  handle(ask: Ask): Answer {
    const [, , id] = ask.path.split('/').map(decodeURIComponent);
    if (id === undefined) return this.list(ask);
    const incident = this.all.find((each) => each.id === id);
    if (!incident) return problem(404, 'not_found', 'there is no such incident');
    if (ask.method === 'GET') return { status: 200, body: incident };
    return this.change(incident, ask);
  }

  private list({ query, scenario }: Ask): Answer {
    const [state, level, site] = ['state', 'level', 'site'].map((name) => query.get(name));
    const many = Array.from({ length: MANY }, (_, n) => this.silent(`in-m${String(n)}`, `xa-so-${String(n)}`, 'xa-binh-minh', 'medium', 'new', n + 1));
    const all = scenario === 'empty' ? [] : scenario === 'too_many' ? [...this.all, ...many] : this.all;
    const found = all.filter(
      (each) =>
        (state === 'all' || (state === 'open' ? each.state !== 'closed' : each.state === state)) &&
        (level === null || each.level === level) &&
        (site === null || each.site === site),
    );
    const start = Number(query.get('cursor') ?? 0);
    const end = start + Number(query.get('limit') ?? 100);
    const items = found.slice(start, end).map(({ history: _history, ...row }) => row);
    return { status: 200, body: { items, next: end < found.length ? String(end) : null } };
  }

  private change(incident: IncidentDetail, { body, scenario }: Ask): Answer {
    const change = body as unknown as IncidentChange;
    // Somebody is always faster.
    if (scenario === 'conflict') this.move(incident, { version: incident.version, to: 'in_work' }, 'an.nguyen');
    if (change.version !== incident.version) return problem(409, 'version_conflict', 'the incident has changed');
    if (change.to === 'closed' && change.cause === undefined) return problem(422, 'cause_required', 'closing needs a cause');
    this.move(incident, change, SESSION.user);
    const { history: _history, ...row } = incident;
    return { status: 200, body: row };
  }

  private move(incident: IncidentDetail, change: IncidentChange, who: string): void {
    const { note, cause, snooze_until: until } = change;
    const to = change.to ?? undefined;
    const action: IncidentEntry['action'] = to === undefined ? (until === undefined ? 'noted' : 'snoozed') : to === 'new' ? 'reopened' : to;
    incident.version += 1;
    incident.history.push({ version: incident.version, at: this.at(0), who, action, from: incident.state, to: to ?? null, note: note ?? null });
    Object.assign(incident, { state: to ?? incident.state, cause: cause ?? incident.cause, updated: this.at(0) });
    if (until !== undefined) incident.snoozed_until = until;
  }
}
