/// An error as a sentence in the reader's language: known codes and known reasons from the
/// dictionary, the rest as the centre put it.
import type { Problem } from './api';
import { ApiError } from './client';
import type { Dictionary } from './i18n/i18n';
import { ASSET_REASONS, EXCEPTION_REASONS, IMPORT_REASONS, INTEL_REASONS, QUERY_REASONS, REFUSALS, STAYS, reasonIn } from './reason';

export interface ProblemText {
  message: string;
  requestId: string | null;
}

export function problemText(error: unknown, text: Dictionary): ProblemText {
  if (!(error instanceof ApiError)) return { message: text.errors.title, requestId: null };
  const known: Record<string, string> = text.errors;
  const message = reasonOf(error, text) ?? (Object.hasOwn(known, error.code) ? known[error.code] : error.message);
  return { message: message || text.errors.internal, requestId: error.requestId };
}

/** Where a code says less than its sentence. */
function reasonOf({ code, message }: ApiError, text: Dictionary): string | null {
  if (code === 'bad_exception') return reasonIn(EXCEPTION_REASONS, text.exceptionReason, message);
  if (code === 'bad_import') return reasonIn(IMPORT_REASONS, text.importReason, message);
  return reasonIn(REFUSALS, text.refusal, message) ?? reasonIn(ASSET_REASONS, text.assetReason, message);
}

/** What is wrong with a rule file, and what stays in force meanwhile. */
export function ruleReason(reason: string, text: Dictionary): string {
  return reasonIn(STAYS, text.stays, reason) ?? reason;
}

/** What the problems of the centre name, in the order in which our sentences take it (web/src/api/health.rs). */
const NAMED: Record<keyof Dictionary['health']['said'], readonly string[]> = {
  disk_full: [],
  journal_failed: [],
  index_stalled: ['reason'],
  frame_corrupt: ['first', 'last'],
  partition_quarantined: ['partition'],
  source_failed: ['count'],
  windows_evicted: ['count'],
  rule_bad: ['count'],
};

/** What is wrong with the centre; a code of a newer centre in its own words. */
export function healthText({ code, message, params }: Problem, text: Dictionary): string {
  const known: Record<string, string | ((first: string, second: string) => string)> = text.health.said;
  const names: Record<string, readonly string[]> = NAMED;
  const said = Object.hasOwn(known, code) ? known[code] : undefined;
  if (said === undefined) return message;
  const [first = '…', second = '…'] = (names[code] ?? []).map((name) => params[name] ?? '…');
  return typeof said === 'string' ? said : said(first, second);
}

/** Why a value does not belong into a list of known-bad values. */
export function intelReason(reason: string, text: Dictionary): string {
  return reasonIn(INTEL_REASONS, text.intelReason, reason) ?? reason;
}

/** Why a line of a CSV of assets was not taken. */
export function assetReason(reason: string, text: Dictionary): string {
  return reasonIn(ASSET_REASONS, text.assetReason, reason) ?? reason;
}

/** Whether asking the same again may help: not after a plain no. */
export function isWorthAnotherTry(error: unknown): boolean {
  if (!(error instanceof ApiError)) return true;
  return error.status < 400 || error.status >= 500 || [401, 408, 425, 429].includes(error.status);
}

/** Whether the query itself is at fault: it must be changed, not asked again. */
export function isQueryAtFault(error: unknown): error is ApiError {
  return error instanceof ApiError && (error.code === 'bad_query' || error.code === 'query_too_long');
}

export interface QueryProblem {
  /** Counted from one, in characters; null when the query as a whole is wrong. */
  column: number | null;
  reason: string;
}

/** What the centre says of a bad query, `column 17: …`, as place and reason. */
export function queryProblem(message: string, text: Dictionary): QueryProblem {
  const match = /^column (\d+):\s*(.*)$/s.exec(message);
  const reason = match?.[2] ?? message;
  const isWhole = QUERY_REASONS.tooLong.test(reason);
  return { column: match && !isWhole ? Number(match[1]) : null, reason: reasonIn(QUERY_REASONS, text.queryReason, reason) ?? reason };
}
