/// A record laid flat: one row per leaf, named the way a query names it.

export interface Field {
  /** Unique within the record: `dns.answers[1].rdata`. */
  path: string;
  /** As a query says it, arrays passed through: `dns.answers.rdata`. */
  name: string;
  value: string;
}

export const MAX_FIELDS = 1000;
const MAX_DEPTH = 20;

export function flatten(value: unknown): { fields: Field[]; truncated: boolean } {
  const fields: Field[] = [];
  const truncated = !walk(value, '', '', 0, fields);
  return { fields, truncated };
}

/** A field of a query, its value quoted when it must be taken literally. */
export function term(name: string, value: string): string {
  return `${name}:${/^[\p{L}\p{N}_.-]+$/u.test(value) && !RESERVED.has(value) ? value : quoted(value)}`;
}

/** Text inside quotes of the query language. */
export function quoted(value: string): string {
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** The query with one more condition. */
export function narrowed(query: string, condition: string): string {
  const before = query.trim();
  if (before === '') return condition;
  return `${/\bOR\b/.test(before) ? `(${before})` : before} AND ${condition}`;
}

const RESERVED = new Set(['AND', 'OR', 'NOT', 'TO']);

function joined(before: string, key: string): string {
  return before === '' ? key : `${before}.${key}`;
}

function walk(value: unknown, path: string, name: string, depth: number, out: Field[]): boolean {
  if (out.length >= MAX_FIELDS || depth > MAX_DEPTH) return false;
  if (Array.isArray(value)) {
    return value.every((item, at) => walk(item, `${path}[${at}]`, name, depth + 1, out));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).every(([key, item]) => {
      return walk(item, joined(path, key), joined(name, key), depth + 1, out);
    });
  }
  out.push({ path, name, value: typeof value === 'string' ? value : String(value) });
  return true;
}
