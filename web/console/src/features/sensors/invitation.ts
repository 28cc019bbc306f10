/// What an invitation must have before it can be asked for.

export const DEFAULT_HOURS = 24;
export const MAX_HOURS = 168;

/** As the centre has it: 1 to 60 small letters, digits and hyphens, not a hyphen first. */
export function isSensorName(name: string): boolean {
  return /^[a-z0-9][a-z0-9-]{0,59}$/.test(name);
}

/** Whole hours from 1 to a week; null when it is none of them. */
export function hoursOf(typed: string): number | null {
  const text = typed.trim();
  const hours = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  return hours >= 1 && hours <= MAX_HOURS ? hours : null;
}
