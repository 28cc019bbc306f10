/// What the centre wants of a sensor against what the sensor says, and why a text was refused.
import type { ConfigurationVersion, Site } from '../../lib/api';
import { ApiError } from '../../lib/client';
import type { Dictionary } from '../../lib/i18n/i18n';
import { problemText } from '../../lib/problem';
import { above } from './grant';
import type { Configured } from './report';

/** How the newest version stands at the sensor; `none` when the centre wants nothing of it. */
export type Agreement = 'in_force' | 'trial' | 'refused' | 'rolled_back' | 'waiting' | 'none';

/** A refused version may not have been read at all: its digest is what both know it by. */
export function agreementOf(wanted: Pick<ConfigurationVersion, 'digest'> | undefined, said: Configured | null): Agreement {
  if (wanted === undefined) return 'none';
  if (said?.digest === wanted.digest) return 'in_force';
  return said?.newest?.digest === wanted.digest ? said.newest.state : 'waiting';
}

export interface Refusal {
  message: string;
  /** What the parser says, in its own words. */
  detail: string | null;
  /** From one. */
  line: number | null;
}

export function refusalOf(error: Error, text: Dictionary): Refusal {
  const words = text.configuration;
  if (error instanceof ApiError && error.code === 'bad_configuration') {
    return { message: words.bad, detail: error.message, line: lineOf(error.message) };
  }
  const isLong = error instanceof ApiError && (error.code === 'too_long' || error.status === 413);
  return { message: isLong ? words.tooLong : problemText(error, text).message, detail: null, line: null };
}

/** The line that a sentence of the parser or the name of an unknown key begins with. */
export function lineOf(said: string): number | null {
  const found = /\bline (\d{1,6})\b/.exec(said);
  return found ? Number(found[1]) : null;
}

/** Where a line begins and ends, in characters; beyond the text it is its end. */
export function lineSpan(text: string, line: number): [start: number, end: number] {
  const lines = text.split('\n');
  const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  return [Math.min(start, text.length), Math.min(start + (lines[line - 1]?.length ?? 0), text.length)];
}

/** A source to begin with, at the first place that the sensor may deliver for. */
export function exampleSource(granted: readonly string[], sites: readonly Site[]): string {
  const parents = new Set(sites.map((each) => each.parent));
  const leaves = sites.filter(({ id }) => !parents.has(id));
  const leaf = leaves.find(({ id }) => granted.includes(id)) ?? leaves.find(({ id }) => above(id, sites).some((each) => granted.includes(each)));
  return `[[source]]\nid = "mirror"\nkind = "interface"\ninterface = "eth1"\nsite = "${leaf?.id ?? granted[0] ?? ''}"\n`;
}
