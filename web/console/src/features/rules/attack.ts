/// The matrix as it is drawn: tactics in order, sub-techniques under their technique, gaps on demand.
import type { AttackMatrix, AttackTactic, AttackTechnique } from '../../lib/api';
import type { Coverage } from '../../ui/Marks';
import { TACTICS, TECHNIQUES, type Tactic } from './techniques';

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
  /** How many techniques have rules, and how many there are; null for a tactic that we do not know. */
  covered: number;
  known: number | null;
}

export function columnsOf(matrix: AttackMatrix, withGaps: boolean): Column[] {
  const byName = new Map(matrix.tactics.map((tactic) => [tactic.tactic, tactic]));
  const names = withGaps ? new Set([...TACTICS, ...byName.keys()]) : byName.keys();
  return [...names]
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

function columnOf(name: string, tactic: AttackTactic | undefined, withGaps: boolean): Column {
  const all = isTactic(name) ? TECHNIQUES[name] : null;
  const given = tactic?.techniques ?? [];
  const covered = new Set(given.filter((each) => each.rules > 0).map((each) => parentOf(each.technique)));
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
