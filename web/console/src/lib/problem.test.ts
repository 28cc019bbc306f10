import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ApiError } from './client';
import { en } from './i18n/en';
import { vi } from './i18n/vi';
import { healthText, intelReason, isWorthAnotherTry, problemText, queryProblem, ruleReason } from './problem';
import { EXCEPTION_REASONS, IMPORT_REASONS } from './reason';

const ENGINE = `${import.meta.dirname}/../../../../engine/src`;

/** The strings of a Rust file before its tests that tell what is wrong: with a way out, or named in the list. */
function sentences(file: string): string[] {
  const source = readFileSync(`${ENGINE}/${file}`, 'utf8').split('#[cfg(test)]')[0] ?? '';
  const code = source.replaceAll(/\/\/.*$/gm, '').replaceAll(/\\\n\s*/g, '');
  const strings = [...code.matchAll(/"((?:[^"\\\n]|\\.)*)"/g)].map((match) => (match[1] ?? '').replaceAll('\\"', '"'));
  const short = ['something to look for is missing here', 'a value is missing after `:`', 'a field name is missing before `:`'];
  return strings.filter((text) => / .*[;,] | needs | stand apart /.test(text) || short.includes(text));
}

/** Every complaint that the parser and the index can make of a query, read from their source. */
function complaints(): string[] {
  const files = ['query/parse.rs', 'query/value.rs', 'query/pattern.rs', 'index/lower.rs'];
  const given: Record<string, string> = { name: 'source.ip', value: 'bogus', holds: 'addresses', example: 'a network', found: ')', known: 'dns http', '': '8192' };
  const said = files.flatMap(sentences).flatMap((text) => (text.includes('{holds}') ? [text, text.replace('{holds}', 'numbers')] : [text]));
  return [...new Set(said.map((text) => text.replaceAll(/\{(\w*)\}/g, (_, name: string) => given[name] ?? name)))];
}

describe('a bad query', () => {
  it('is explained in Vietnamese, whatever the parser says', () => {
    const said = complaints();
    expect(said).toHaveLength(Object.keys(vi.queryReason).length);
    const reasons = said.map((sentence) => queryProblem(`column 3: ${sentence}`, vi).reason);
    expect(new Set(reasons).size).toBe(said.length);
    expect(reasons.filter((reason, at) => reason === said[at])).toEqual([]);
  });

  it('names its place and what stands there', () => {
    expect(queryProblem('column 17: something to look for is missing here', vi)).toEqual({
      column: 17,
      reason: 'chỗ này còn thiếu điều cần tìm',
    });
    expect(queryProblem('column 2: unexpected `)`; close or quote it', en).reason).toContain('“)”');
  });

  it('has no place when it is too long as a whole', () => {
    expect(queryProblem('column 8192: the query is longer than 8192 bytes; shorten it', vi)).toEqual({
      column: null,
      reason: 'câu truy vấn dài quá 8192 byte; hãy rút ngắn',
    });
  });

  it('keeps the words of a newer centre', () => {
    expect(queryProblem('column 4: a new complaint', vi)).toEqual({ column: 4, reason: 'a new complaint' });
    expect(queryProblem('no place at all', vi)).toEqual({ column: null, reason: 'no place at all' });
  });
});

/** The sentences of a Rust file, with its blanks filled. */
function allSentences(file: string, least: number): string[] {
  const code = (readFileSync(`${ENGINE}/${file}`, 'utf8').split('#[cfg(test)]')[0] ?? '').replaceAll(/\/\/.*$/gm, '');
  const strings = [...code.matchAll(/"((?:[^"\\\n]|\\.)*)"/g)].map((match) => match[1] ?? '');
  const filled = strings.map((text) => text.replaceAll(/\{([a-zA-Z_]*)\}/g, (_, name: string) => (/^[A-Z]|most|widest/.test(name) ? '50' : name || 'a/b.yml')));
  return [...new Set(filled.filter((text) => text.split(' ').length >= least))];
}

describe('why something of rules is refused', () => {
  it.each([
    ['bad_exception', ['rules/exceptions.rs'], Object.keys(EXCEPTION_REASONS).length],
    ['bad_import', ['rules/archive.rs', 'rules/staging.rs'], Object.keys(IMPORT_REASONS).length],
  ])('is said in both languages, whatever the centre says: %s', (code, files, count) => {
    const said = files.flatMap((file) => allSentences(file, 4));
    expect(said).toHaveLength(count);
    for (const text of [vi, en]) {
      const told = said.map((sentence) => problemText(new ApiError(422, code, sentence, null), text).message);
      expect(new Set(told).size).toBe(count);
      if (text === vi) expect(told.filter((sentence, at) => sentence === said[at])).toEqual([]);
    }
  });

  it('names the field and the value', () => {
    const told = (message: string) => problemText(new ApiError(422, 'bad_exception', message, null), vi).message;
    expect(told('src_ip: `10.0.0.0` is no network; write 10.0.0.0/8')).toBe('src_ip: “10.0.0.0” không phải dải mạng; hãy viết như 10.0.0.0/8.');
    expect(told('unknown modifier `containz`')).toBe('unknown modifier `containz`');
  });

  it('says more than the code where the sentence does', () => {
    const told = (code: string, message: string) => problemText(new ApiError(409, code, message, null), vi).message;
    expect(told('conflict', 'other imports wait; put them in force or throw them away first')).toMatch(/^Đã có quá nhiều lần nhập/);
    expect(told('conflict', 'the import was compared with an older state of the packs; import it again')).toMatch(/^Lần nhập này được so/);
    expect(told('unknown_rule', 'a-1 is no rule that could be off: neither in force nor of the import')).toMatch(/^a-1 không phải luật/);
    expect(told('too_many_exceptions', 'there are 500 exceptions already (rules.exceptions); end some, expired ones too')).toMatch(/^Đã có 500 ngoại lệ/);
    expect(told('other_rule', 'the alert was raised by another rule; make an exception of that one')).toMatch(/^Cảnh báo này do luật khác/);
    expect(told('conflict', 'somebody changed this alert in between')).toBe('Người khác vừa thay đổi.');
    expect(told('by_hand', 'rules/sigma/tay.yml is changed by hand: it is shipped, holds more than this, or is not of the simple form')).toMatch(/tệp rules\/sigma\/tay\.yml\.$/);
    expect(told('broken_file', 'mend this first: off.yml:3: not a list')).toContain('off.yml:3: not a list');
  });
});

it('says why a value is refused, whatever list it was for', () => {
  const said = ['rule/intel/hygiene.rs', 'rule/intel/value.rs'].flatMap((file) => allSentences(file, 5)).map((sentence) => sentence.replace(/^longer than .*/, 'longer than 4096 bytes'));
  expect(said.length).toBeGreaterThan(4);
  expect(said.filter((sentence) => intelReason(sentence, vi) === sentence)).toEqual([]);
  expect(intelReason('`com` is a public suffix: every name under it would match; name the domain itself', vi)).toMatch(/^“com” là đuôi công cộng/);
});

it('says what stays in force while a file is broken', () => {
  expect(ruleReason('`level` means nothing; the version of 2026-11-30T08:00:00.000000Z stays in force until it is mended', vi)).toBe(
    '`level` means nothing. Bản của 2026-11-30T08:00:00.000000Z vẫn được dùng cho tới khi tệp được sửa.',
  );
  expect(ruleReason('the file is empty; the version of T stays in force until it is mended; delete it to take it out of force', vi)).toMatch(/^Tệp trống; bản của T /);
  expect(ruleReason('no condition', vi)).toBe('no condition');
});

it('says every problem of the centre in the reader’s language, with what it names', () => {
  const code = readFileSync(`${ENGINE}/../../web/src/api/health.rs`, 'utf8');
  const codes = [...code.matchAll(/Problem::new\(\s*"([a-z_]+)"/g)].map((match) => match[1] ?? '');
  const named = new Set([...code.matchAll(/\.with\("([a-z]+)"/g)].map((match) => match[1] ?? ''));
  expect(codes.length).toBeGreaterThan(6);
  for (const text of [vi, en]) {
    for (const each of codes) {
      const params = Object.fromEntries([...named].map((name) => [name, '7']));
      const problem = { code: each, severity: 'warn' as const, message: 'the centre’s words', params, since: '' };
      const told = healthText(problem, text);
      expect(told).not.toBe(problem.message);
      expect(told).not.toContain('…');
    }
  }
  const newer = { code: 'new', severity: 'warn' as const, message: 'the centre’s words', params: {}, since: '' };
  expect(healthText(newer, vi)).toBe('the centre’s words');
});

it('says a known code in the reader’s language, and an unknown one as it came', () => {
  expect(problemText(new ApiError(414, 'query_too_long', '', null), vi).message).toMatch(/^Câu truy vấn quá dài/);
  expect(problemText(new ApiError(400, 'new_code', 'the sentence', 'r1'), vi)).toEqual({ message: 'the sentence', requestId: 'r1' });
});

it.each([
  [0, true],
  [500, true],
  [503, true],
  [429, true],
  [404, false],
  [414, false],
])('asks again after %i: %s', (status, expected) => {
  expect(isWorthAnotherTry(new ApiError(status, 'code', '', null))).toBe(expected);
});
