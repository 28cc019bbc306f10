/// An error as a sentence in the reader's language: known codes and the known complaints about a
/// query from the dictionary, the rest as the centre put it.
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
  return { message: message || text.errors.internal, requestId: error.requestId };
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
  return { column: match && !isWhole ? Number(match[1]) : null, reason: queryReason(reason, text) };
}

/** The parser's complaints (engine/src/query), each by what begins it; the longer before the shorter. */
const QUERY_REASONS: Record<keyof Dictionary['queryReason'], RegExp> = {
  tooLong: /^the query is longer than (\d+) bytes/,
  unexpected: /^unexpected `(.+)`/su,
  tooDeep: /^nested too deeply/,
  tooMany: /^too many clauses/,
  openParenthesis: /^a parenthesis is not closed/,
  nothingHere: /^something to look for is missing/,
  noWord: /^no letter or digit to look for/,
  noField: /^a field name is missing/,
  noValueNorStar: /^a value is missing after `:`;/,
  noValue: /^a value is missing after `:`/,
  openRegex: /^a regular expression is not closed/,
  noTo: /^a range needs TO/,
  openRange: /^a range is not closed/,
  noTime: /^not a time/,
  noNumber: /^not a number/,
  openQuote: /^a quote is not closed/,
  patternTooLarge: /^the pattern is too large/,
  badRegex: /^not a regular expression/,
  noName: /^name the field; a value in any field/,
  wildWord: /^a wildcard outside a field/,
  noOr: /^values stand apart by OR/,
  badNetwork: /^not a network/,
  noKind: /^there is no kind (.+); known: (.+)/su,
  noRange: /^(\S+) takes a range/u,
  noAddress: /^(\S+) holds addresses/u,
  noNumbers: /^(\S+) holds numbers/u,
  tooManyValues: /^the pattern on (.+) matches too many values/su,
};

function queryReason(reason: string, text: Dictionary): string {
  for (const [name, pattern] of Object.entries(QUERY_REASONS)) {
    const match = pattern.exec(reason);
    if (!match) continue;
    const sentence = text.queryReason[name as keyof Dictionary['queryReason']];
    return typeof sentence === 'string' ? sentence : sentence(match[1] ?? '', match[2] ?? '');
  }
  return reason;
}
