/// The matrix as it is drawn: tactics in order, sub-techniques under their technique, gaps on demand.
import type { AttackMatrix, AttackTactic, AttackTechnique } from '../../lib/api';
import type { Coverage } from '../../ui/Marks';
import { TACTICS, TECHNIQUES, type Tactic } from './techniques';

/** Later editions of ATT&CK have these in the place of `defense-evasion`. */
const LATER: readonly string[] = ['stealth', 'defense-impairment'];
/** The tactics in their order, those of later editions at their places. */
const ORDER: readonly string[] = TACTICS.flatMap((tactic) => (tactic === 'defense-evasion' ? [tactic, ...LATER] : [tactic]));

/** Under this the centre puts techniques of rules that name no tactic. */
export const NO_TACTIC = '(no tactic)';

export interface Cell {
  /** `T1110`. */
  technique: string;
  /** Null when only its sub-techniques have rules, or nothing has. */
  own: AttackTechnique | null;
  subs: readonly AttackTechnique[];
  coverage: Coverage;
}

export interface Column {
  tactic: string;
  cells: readonly Cell[];
  /** How many of its techniques have rules, and how many there are; null for a tactic that we do not know. */
  covered: number;
  known: number | null;
}

export function columnsOf(matrix: AttackMatrix, withGaps: boolean): Column[] {
  const byName = new Map(placed(housed(matrix.tactics)).map((tactic) => [tactic.tactic, tactic]));
  const names = [...new Set([...(withGaps ? TACTICS : []), ...byName.keys()])];
  const place = (name: string) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  return names
    .sort((a, b) => place(a) - place(b))
    .map((name) => columnOf(name, byName.get(name), withGaps))
    .filter((column) => column.cells.length > 0);
}

export function coverageOf({ rules, off, alerts }: AttackTechnique): Coverage {
  if (alerts > 0) return 'alerting';
  if (rules === 0) return 'none';
  return off >= rules ? 'off' : 'covered';
}

/** `T1110` of `T1110.001`. */
export function parentOf(technique: string): string {
  return technique.split('.')[0] ?? technique;
}

/** A technique without a tactic goes where ATT&CK has it; one that we do not know stays where it is. */
function housed(tactics: readonly AttackTactic[]): AttackTactic[] {
  const lost = tactics.find(({ tactic }) => tactic === NO_TACTIC)?.techniques ?? [];
  const homesOf = ({ technique }: AttackTechnique) => TACTICS.filter((name) => TECHNIQUES[name].includes(parentOf(technique)));
  const named = new Map(tactics.map((each) => [each.tactic, each]));
  for (const each of lost) {
    for (const name of homesOf(each)) {
      const home = named.get(name) ?? { tactic: name, rules: 0, techniques: [] };
      named.set(name, { ...home, techniques: joined(home.techniques, each) });
    }
  }
  named.delete(NO_TACTIC);
  const strange = lost.filter((each) => homesOf(each).length === 0);
  return [...named.values(), ...(strange.length > 0 ? [{ tactic: NO_TACTIC, rules: 0, techniques: strange }] : [])];
}

function joined(held: readonly AttackTechnique[], more: AttackTechnique): AttackTechnique[] {
  const same = held.find(({ technique }) => technique === more.technique);
  if (!same) return [...held, more];
  const sum = { ...same, rules: same.rules + more.rules, off: same.off + more.off, alerts: same.alerts + more.alerts };
  return held.map((each) => (each === same ? sum : each));
}

/**
 * A rule that names two tactics and a technique of each stands with both techniques under both. What we
 * know to belong elsewhere, and stands there too, is left out; what we do not know stays where it is.
 */
function placed(tactics: readonly AttackTactic[]): AttackTactic[] {
  const belongs = (tactic: string, technique: string) => listOf(tactic)?.includes(parentOf(technique)) === true;
  const atHome = new Set(
    tactics.flatMap(({ tactic, techniques }) =>
      techniques.filter((each) => belongs(tactic, each.technique)).map((each) => each.technique),
    ),
  );
  return tactics.map((tactic) => ({
    ...tactic,
    techniques: tactic.techniques.filter(
      ({ technique }) => listOf(tactic.tactic) === null || belongs(tactic.tactic, technique) || !atHome.has(technique),
    ),
  }));
}

/** What we know to belong to a tactic; two later ones share what was one. */
function listOf(tactic: string): readonly string[] | null {
  if (isTactic(tactic)) return TECHNIQUES[tactic];
  return LATER.includes(tactic) ? TECHNIQUES['defense-evasion'] : null;
}

function columnOf(name: string, tactic: AttackTactic | undefined, withGaps: boolean): Column {
  const all = isTactic(name) ? TECHNIQUES[name] : null;
  const given = tactic?.techniques ?? [];
  const isOwn = (technique: string) => all === null || all.includes(technique);
  const covered = new Set(given.filter((each) => each.rules > 0).map((each) => parentOf(each.technique)).filter(isOwn));
  const numbers = new Set([...given.map((each) => parentOf(each.technique)), ...((withGaps ? all : null) ?? [])]);
  return {
    tactic: name,
    cells: [...numbers].sort().map((number) => cellOf(number, given)),
    covered: covered.size,
    known: all?.length ?? null,
  };
}

function cellOf(technique: string, given: readonly AttackTechnique[]): Cell {
  const own = given.find((each) => each.technique === technique) ?? null;
  const subs = given.filter((each) => each.technique !== technique && parentOf(each.technique) === technique);
  const found = new Set([...(own ? [own] : []), ...subs].map(coverageOf));
  const coverage = (['alerting', 'covered', 'off'] as const).find((each) => found.has(each)) ?? 'none';
  return { technique, own, subs: subs.sort((a, b) => a.technique.localeCompare(b.technique)), coverage };
}

function isTactic(name: string): name is Tactic {
  return (TACTICS as readonly string[]).includes(name);
}
