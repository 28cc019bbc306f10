/// The invented centre's rules: a list to look through, turn off, make exceptions from and import into.
import type { AttackTechnique, ExceptionDraft, NewException, Off, OffChange, RuleDetail, RuleException, RuleImport, RulePacks, RuleRow } from '../src/lib/api';
import { problem, type Answer, type Ask } from './centre.ts';
import { makeExceptions, makeImport, makePacks, makeRules, weekAgo } from './rules-world.ts';

const TACTIC_OF: Record<string, string[]> = {
  T1595: ['reconnaissance'], T1190: ['initial-access'], T1078: ['initial-access', 'persistence', 'privilege-escalation', 'defense-evasion'],
  T1059: ['execution'], T1053: ['execution', 'persistence'], T1505: ['persistence'], T1547: ['persistence'], T1548: ['privilege-escalation'],
  T1027: ['defense-evasion'], T1562: ['defense-evasion'], T1070: ['defense-evasion'], T1003: ['credential-access'], T1110: ['credential-access'],
  T1558: ['credential-access'], T1046: ['discovery'], T1018: ['discovery'], T1021: ['lateral-movement'], T1071: ['command-and-control'],
  T1105: ['command-and-control'], T1568: ['command-and-control'], T1572: ['command-and-control'], T1048: ['exfiltration'], T1567: ['exfiltration'],
  T1490: ['impact'], T1496: ['impact'], T1560: ['collection'], T1583: ['resource-development'], T9999: ['impact'],
};
const ORDER = ['reconnaissance', 'resource-development', 'initial-access', 'execution', 'persistence', 'privilege-escalation', 'defense-evasion', 'credential-access', 'discovery', 'lateral-movement', 'collection', 'command-and-control', 'exfiltration', 'impact'];

export class Rulebook {
  readonly rules: RuleDetail[];
  exceptions: RuleException[];
  packs: RulePacks;
  readonly imports: RuleImport[];
  private many: RuleDetail[] | null = null;
  /** What one step back puts in force again. */
  private before: RulePacks['items'] = [];

  constructor(readonly now: number) {
    this.rules = makeRules(now, 148);
    this.exceptions = makeExceptions(now, this.rules);
    this.packs = makePacks(now);
    this.before = this.packs.items.slice(0, 1);
    this.imports = [makeImport('imp-1', 'sigmahq-core', 'sigmahq-core-2026-11.zip', 640, now)];
  }

  handle(ask: Ask): Answer {
    const [, , first, second, third] = ask.path.split('/').map(decodeURIComponent);
    if (first === undefined) return this.list(ask);
    if (first === 'attack') return this.attack(ask);
    if (first === 'exceptions') return this.exception(ask, second);
    if (first === 'imports') return this.import(ask, second, third);
    if (first === 'packs') return this.pack(ask, second);
    if (first === 'back') return this.back();
    const rule = this.rules.find((each) => each.id === first);
    if (!rule) return problem(404, 'not_found', 'there is no such rule');
    if (second === 'off') return this.turn(rule, ask);
    return { status: 200, body: this.detail(rule) };
  }

  private detail(rule: RuleDetail): RuleDetail {
    return { ...rule, exceptions: this.exceptions.filter((each) => each.rule.id === rule.id) };
  }

  private row(rule: RuleDetail): RuleRow {
    const { description: _d, references: _r, falsepositives: _f, source: _s, rules: _c, used_by: _u, ...rest } = rule;
    return { ...rest, exceptions: this.exceptions.filter((each) => each.rule.id === rule.id && !each.expired).length };
  }

  private list(ask: Ask): Answer {
    const get = (name: string) => ask.query.get(name) ?? '';
    if (ask.scenario === 'too_many') this.many ??= makeRules(this.now, 3_780);
    const all = ask.scenario === 'empty' ? [] : (this.many ?? this.rules);
    const state = (off: Off | null) => (off === null ? 'on' : off.everywhere ? 'off' : 'partly');
    const text = get('text').toLowerCase();
    const found = all.filter(
      (rule) =>
        [rule.title, rule.vi?.title ?? '', rule.id, rule.author, rule.file].some((each) => each.toLowerCase().includes(text)) &&
        (get('level') === '' || get('level') === rule.level) &&
        (get('origin') === '' || rule.origin === get('origin')) &&
        (get('pack') === '' || rule.pack === get('pack')) &&
        (get('state') === '' || state(rule.off) === get('state')) &&
        (get('tag') === '' || rule.tags.includes(get('tag'))),
    );
    const start = Number(ask.query.get('cursor') ?? 0);
    const limit = Number(ask.query.get('limit') ?? 100);
    const problems = ask.scenario === 'empty' ? [] : [
      { file: 'sigma/thu-nghiem.yml', line: 14, reason: 'unknown modifier `containz`; did you mean `contains`' },
      { file: 'sigma/packs/sigmahq-core/windows/proc_creation_old.yml', line: null, reason: 'not valid UTF-8' },
    ];
    return {
      status: 200,
      body: {
        items: found.slice(start, start + limit).map((rule) => this.row(rule)),
        next: start + limit < found.length ? String(start + limit) : null,
        total: found.length,
        problems,
      },
    };
  }

  private attack(ask: Ask): Answer {
    const rules = ask.scenario === 'empty' ? [] : this.rules;
    const tactics = new Map<string, Map<string, AttackTechnique>>();
    let untagged = 0;
    for (const rule of rules) {
      const techniques = rule.tags.flatMap((tag) => /^attack\.(t\d.*)$/.exec(tag)?.[1]?.toUpperCase() ?? []);
      if (techniques.length === 0) untagged += 1;
      for (const technique of techniques) {
        for (const tactic of TACTIC_OF[technique.split('.')[0] ?? ''] ?? ['impact']) {
          const cells = tactics.get(tactic) ?? new Map<string, AttackTechnique>();
          const cell = cells.get(technique) ?? { technique, rules: 0, off: 0, alerts: 0 };
          tactics.set(tactic, cells.set(technique, { technique, rules: cell.rules + 1, off: cell.off + (rule.off?.everywhere ? 1 : 0), alerts: cell.alerts + rule.alerts }));
        }
      }
    }
    const body = ORDER.filter((tactic) => tactics.has(tactic)).map((tactic) => {
      const techniques = [...(tactics.get(tactic)?.values() ?? [])];
      return { tactic, rules: techniques.reduce((sum, each) => sum + each.rules, 0), techniques };
    });
    return { status: 200, body: { rules: rules.length, untagged, tactics: body } };
  }

  private turn(rule: RuleDetail, ask: Ask): Answer {
    const { everywhere, sites, why } = ask.body as unknown as OffChange;
    const entry = { everywhere, sites, who: 'hien.dt', at: this.at(), why };
    rule.off = everywhere || sites.length > 0 ? { everywhere, sites, entries: [entry] } : null;
    return { status: 204 };
  }

  private exception(ask: Ask, id: string | undefined): Answer {
    if (id === undefined && ask.method === 'GET') return { status: 200, body: { items: ask.scenario === 'empty' ? [] : this.exceptions } };
    if (id === 'preview') return this.preview(ask.body as unknown as ExceptionDraft);
    if (id === undefined) {
      const made = ask.body as unknown as NewException;
      const rule = this.rules.find((each) => each.id === made.rule) ?? this.rules[0];
      const { title = '', vi = null, level = 'low' } = rule ?? {};
      const exception: RuleException = {
        id: `ex-${String(this.exceptions.length + 1)}`, rule: { id: made.rule, title, vi, level }, rules: [made.rule], sites: made.sites, match: made.match,
        owner: 'hien.dt', reason: made.reason, created: this.at(), expires: made.expires, expired: false, alert: made.alert ?? null, by_hand: false, source: 'title: Ngoại lệ\n',
      };
      this.exceptions = [...this.exceptions, exception];
      return { status: 201, body: exception };
    }
    const known = this.exceptions.find((each) => each.id === id);
    if (!known) return problem(404, 'not_found', 'there is no such exception');
    if (known.by_hand && ask.method === 'PATCH') return problem(409, 'by_hand', 'rules/tay.yml is changed by hand: it is shipped, holds more than this, or is not of the simple form');
    if (ask.method === 'DELETE') this.exceptions = this.exceptions.filter((each) => each !== known);
    if (ask.method === 'PATCH') Object.assign(known, ask.body, { expired: false });
    return { status: 204 };
  }

  /** The fewer conditions, the more is silenced. */
  private preview({ match }: ExceptionDraft): Answer {
    const silenced = [0, 37, 12, 3, 1][match.length] ?? 1;
    const lost = match.length === 1 ? 2 : 0;
    const examples = ['al-00000000', 'al-9e3779b1', 'al-3c6ef362'].slice(0, silenced);
    return { status: 200, body: { alerts: 46, silenced, smaller: 4, sampled: silenced > 10 ? 5 : 0, true_positives: lost, examples, days: 7 } };
  }

  private import(ask: Ask, id: string | undefined, verb: string | undefined): Answer {
    if (id === undefined && ask.method === 'GET') {
      const rows = this.imports.map(({ id, pack, source, who, at, counts, preview }) => ({ id, pack, source, who, at, counts, state: preview.state }));
      return { status: 200, body: { items: ask.scenario === 'empty' ? [] : rows.reverse() } };
    }
    if (id === undefined) {
      const pack = ask.query.get('name') ?? 'goi-moi';
      if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(pack)) return problem(422, 'bad_import', "a pack's name has 1 to 64 small letters, digits and -");
      const made = makeImport(`imp-${String(this.imports.length + 1)}`, pack, ask.query.get('source') ?? pack, 60, this.now);
      made.preview = { ...made.preview, state: 'running', from: null, events: 0, complete: false };
      this.imports.push(made);
      return { status: 201, body: made };
    }
    const known = this.imports.find((each) => each.id === id);
    if (!known) return problem(404, 'not_found', 'there is no such import');
    if (ask.scenario === 'partial') Object.assign(known.preview, { complete: false, from: new Date(this.now - 2 * 86_400_000).toISOString() });
    if (ask.scenario === 'refused') Object.assign(known, { items: [], licenses: [], counts: { added: 0, changed: 0, removed: 0, unchanged: 0, refused: 3, shipped: 0 } });
    if (ask.scenario === 'untried') Object.assign(known.preview, { complete: false, from: null, events: 0 });
    if (ask.method === 'GET') {
      const body = structuredClone(known);
      if (known.preview.state === 'running' && (known.preview.events += 410_233) > 1_500_000) Object.assign(known.preview, { state: 'done', from: weekAgo(this.now), complete: true });
      return { status: 200, body };
    }
    this.imports.splice(this.imports.indexOf(known), 1);
    if (verb === 'apply') {
      const pack = { name: known.pack, source: known.source, sha256: 'c'.repeat(64), imported: this.at(), who: 'hien.dt', rules: known.items.length, licenses: known.licenses };
      this.before = this.packs.items;
      this.packs = { items: [...this.packs.items.filter((each) => each.name !== known.pack), pack], back: { what: `import ${known.pack}`, who: 'hien.dt', at: this.at() } };
    }
    return { status: 204 };
  }

  private pack(ask: Ask, name: string | undefined): Answer {
    if (name === undefined) return { status: 200, body: ask.scenario === 'empty' ? { items: [], back: null } : this.packs };
    this.before = this.packs.items;
    this.packs = { items: this.packs.items.filter((each) => each.name !== name), back: { what: `remove ${name}`, who: 'hien.dt', at: this.at() } };
    return { status: 204 };
  }

  private back(): Answer {
    const { items, back } = this.packs;
    if (back === null) return problem(404, 'not_found', 'there is no such earlier state of the packs');
    const what = back.what.startsWith('back ') ? back.what.slice(5) : `back ${back.what}`;
    this.packs = { items: this.before, back: { what, who: 'hien.dt', at: this.at() } };
    this.before = items;
    return { status: 204 };
  }

  private at(): string {
    return new Date(this.now).toISOString();
  }
}
