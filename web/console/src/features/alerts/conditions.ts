/// From an alert to the conditions of an exception: its matched fields and entities as rows that one
/// may take or leave. The narrowest stands there at first; who wants it wider takes rows away.
import type { Alert, Match, MatchHow } from '../../lib/api';
import { flatten } from '../../lib/fields';

export const HOWS: readonly MatchHow[] = ['is', 'contains', 'startswith', 'endswith', 'cidr'];

export interface Condition {
  key: string;
  field: string;
  how: MatchHow;
  values: readonly string[];
  isUsed: boolean;
  /** Added by hand: its field may be named. */
  isOwn: boolean;
}

/** A field with more values than this varies from event to event: no condition at first. */
const MAX_VALUES = 3;

/**
 * What the rule matched in the kept events, then whom the alert is about. All conditions must hold, so
 * a field that only some of the events matched is none at first: it would leave the others in.
 */
export function conditionsOf(alert: Alert): Condition[] {
  const found = new Map<string, Set<string>>();
  const partial = new Set<string>();
  const add = (field: string, value: string) => {
    if (value === '') return;
    found.set(field, (found.get(field) ?? new Set()).add(value));
  };
  const matches = alert.evidence.map(({ matched }) => leavesOf(matched));
  for (const [field, value] of matches.flat()) {
    add(field, value);
    if (!matches.every((leaves) => leaves.some(([name]) => name === field))) partial.add(field);
  }
  for (const { field, value } of alert.entities) {
    partial.delete(field);
    add(field, value);
  }
  return [...found].map(([field, values]) => ({
    key: field,
    field,
    how: 'is',
    values: [...values].slice(0, MAX_VALUES),
    isUsed: values.size <= MAX_VALUES && !partial.has(field),
    isOwn: false,
  }));
}

/** The fields of a match with their values, nested ones by their paths. */
function leavesOf(matched: Record<string, unknown>): [field: string, value: string][] {
  return Object.entries(matched).flatMap(([name, value]) =>
    flatten(value).fields.map((leaf): [string, string] => [joined(name, leaf.name), leaf.value]),
  );
}

/** Every field of the kept events with its first value, for a condition of one's own. */
export function fieldsOf(alert: Alert): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const { event } of alert.evidence) {
    for (const leaf of flatten(event.record).fields) {
      if (!fields.has(leaf.name)) fields.set(leaf.name, leaf.value);
    }
  }
  return fields;
}

export function isNetwork(value: string): boolean {
  const [address = '', bits = '', ...more] = value.trim().split('/');
  if (more.length > 0 || !/^\d{1,3}$/.test(bits)) return false;
  if (address.includes(':')) return /^[0-9a-f:.]+$/i.test(address) && Number(bits) <= 128;
  const parts = address.split('.');
  const isAddress = parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
  return isAddress && Number(bits) <= 32;
}

/** What is wrong with a row that is used: a missing name or value, or what is no network. */
export function faultOf({ field, how, values }: Condition): 'missing' | 'network' | null {
  const given = values.filter((value) => value !== '');
  if (field.trim() === '' || given.length === 0) return 'missing';
  return how === 'cidr' && !given.every(isNetwork) ? 'network' : null;
}

/** The conditions as they are sent; null when there is none or one is not whole. */
export function matchesOf(conditions: readonly Condition[]): Match[] | null {
  const used = conditions.filter((each) => each.isUsed);
  if (used.length === 0 || used.some((each) => faultOf(each) !== null)) return null;
  return used.map(({ field, how, values }) => ({
    field: field.trim(),
    how,
    values: values.filter((value) => value !== ''),
  }));
}

function joined(name: string, rest: string): string {
  return rest === '' ? name : `${name}.${rest}`;
}
