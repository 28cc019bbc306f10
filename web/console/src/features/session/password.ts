/// Why a password cannot be changed yet, as the centre will judge it (web/src/auth.rs).

export const MIN_PASSWORD_CHARS = 10;
const MAX_PASSWORD_BYTES = 256;

export interface PasswordEntry {
  current: string;
  next: string;
  again: string;
}

export type Missing =
  | { what: 'current' | 'next' | 'tooLong' | 'again' | 'mismatch' }
  | { what: 'tooShort'; chars: number };

/** The first thing that is still missing, from top to bottom; null when it can be sent. */
export function missing({ current, next, again }: PasswordEntry): Missing | null {
  const chars = [...next].length;
  if (current === '') return { what: 'current' };
  if (next === '') return { what: 'next' };
  if (chars < MIN_PASSWORD_CHARS) return { what: 'tooShort', chars: MIN_PASSWORD_CHARS - chars };
  if (new TextEncoder().encode(next).length > MAX_PASSWORD_BYTES) return { what: 'tooLong' };
  if (again === '') return { what: 'again' };
  return next === again ? null : { what: 'mismatch' };
}
