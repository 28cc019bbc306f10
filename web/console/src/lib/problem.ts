/// An error as a sentence in the reader's language: known codes from the dictionary, the rest as
/// the centre put it.
import { ApiError } from './client';
import type { Dictionary } from './i18n/i18n';

export interface ProblemText {
  message: string;
  requestId: string | null;
}

export function problemText(error: unknown, text: Dictionary): ProblemText {
  if (!(error instanceof ApiError)) return { message: text.errors.title, requestId: null };
  const known: Record<string, string> = text.errors;
  const message = Object.hasOwn(known, error.code) ? known[error.code] : error.message;
  return { message: message ?? error.message, requestId: error.requestId };
}
