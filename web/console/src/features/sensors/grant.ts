/// Which sites a sensor may deliver for: leaves, or areas that stand for all in them.
import type { Site } from '../../lib/api';

export interface GrantRow {
  id: string;
  /** How deep in the tree that is shown. */
  depth: number;
}

/**
 * The nodes that may be granted, as a tree laid flat. Who does not see all sites knows only part of the
 * tree, so that an area could hold more than he sees: he names leaves of his own.
 */
export function grantRows(sites: readonly Site[], own: ReadonlySet<string> | null): GrantRow[] {
  const parents = new Set(sites.map((site) => site.parent));
  if (own !== null) {
    return sites.filter(({ id }) => own.has(id) && !parents.has(id)).map(({ id }) => ({ id, depth: 0 }));
  }
  const known = new Set(sites.map((site) => site.id));
  const rows: GrantRow[] = [];
  const seen = new Set<string>();
  const below = (parent: string | null, depth: number) => {
    for (const { id, parent: over } of sites) {
      const stands = over !== null && known.has(over) ? over : null;
      if (stands !== parent || seen.has(id)) continue;
      seen.add(id);
      rows.push({ id, depth });
      below(id, depth + 1);
    }
  };
  below(null, 0);
  return rows;
}

/** The nodes above one, the nearest first. */
export function above(id: string, sites: readonly Site[]): string[] {
  const parentOf = new Map(sites.map((site) => [site.id, site.parent]));
  const found: string[] = [];
  let at = parentOf.get(id) ?? null;
  while (at !== null && !found.includes(at)) {
    found.push(at);
    at = parentOf.get(at) ?? null;
  }
  return found;
}

/** Whether a chosen area stands for it already. */
export function isCovered(id: string, chosen: readonly string[], sites: readonly Site[]): boolean {
  return above(id, sites).some((each) => chosen.includes(each));
}

/** With one node more or less; a chosen area takes the place of what it covers. */
export function toggled(id: string, chosen: readonly string[], sites: readonly Site[]): string[] {
  if (chosen.includes(id)) return chosen.filter((each) => each !== id);
  return [...chosen.filter((each) => !above(each, sites).includes(id)), id];
}
