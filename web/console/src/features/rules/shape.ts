/// What a rule says of itself, cut to what a row or a link needs.
import type { LogSource, Off, RuleState } from '../../lib/api';

/** On everywhere, off everywhere, or off at some sites. */
export function stateOf(off: Off | null): RuleState {
  if (off === null) return 'on';
  return off.everywhere ? 'off' : 'partly';
}

/** `windows · process_creation`; empty when the rule names none, as correlations do. */
export function logSourceText({ product, category, service }: LogSource): string {
  return [product, category, service].filter((part) => part !== null && part !== '').join(' · ');
}

const TECHNIQUE = /^attack\.(t\d{4}(?:\.\d{3})?)$/i;

/** The techniques that the tags name, as ATT&CK writes them: `T1110.001`. */
export function techniquesOf(tags: readonly string[]): string[] {
  return tags.flatMap((tag) => TECHNIQUE.exec(tag)?.[1]?.toUpperCase() ?? []);
}

/** The list of the rules with a technique. */
export function rulesWith(technique: string): string {
  return `/rules?tag=${encodeURIComponent(`attack.${technique.toLowerCase()}`)}`;
}

/** A file of the data folder from its `rules/` on, as shipped ones are named; a row has no room for more. */
export function shortFile(file: string): string {
  const at = file.indexOf('/rules/sigma/');
  return at < 0 ? file : file.slice(at + 1);
}

/** The name of a file alone: what tells the rules of a pack apart stands at the end of long paths. */
export function lastPart(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1);
}

export function ruleLink(id: string): string {
  return `/rules/${encodeURIComponent(id)}`;
}

/** The alerts of a rule, whatever their state. */
export function alertsOf(id: string): string {
  return `/alerts?state=all&rule=${encodeURIComponent(id)}`;
}
