import { describe, expect, it } from 'vitest';
import { MAX_FIELDS, flatten, narrowed, term } from './fields';

describe('flatten', () => {
  it('names leaves by path and as a query does', () => {
    const record = { dns: { id: 7, answers: [{ rdata: 'a' }, { rdata: null }] }, ok: true };
    expect(flatten(record).fields).toEqual([
      { path: 'dns.id', name: 'dns.id', value: '7' },
      { path: 'dns.answers[0].rdata', name: 'dns.answers.rdata', value: 'a' },
      { path: 'dns.answers[1].rdata', name: 'dns.answers.rdata', value: 'null' },
      { path: 'ok', name: 'ok', value: 'true' },
    ]);
  });

  it('begins with an array too', () => {
    expect(flatten([{ name: 'a' }]).fields).toEqual([{ path: '[0].name', name: 'name', value: 'a' }]);
  });

  it('stops at its limits and says so', () => {
    const wide = Object.fromEntries(Array.from({ length: 1200 }, (_, at) => [`k${at}`, at]));
    expect(flatten(wide)).toMatchObject({ truncated: true });
    expect(flatten(wide).fields).toHaveLength(MAX_FIELDS);
    let deep: unknown = 1;
    for (let level = 0; level < 50; level += 1) deep = { a: deep };
    expect(flatten(deep).truncated).toBe(true);
  });
});

describe('term', () => {
  it.each([
    ['source.ip', '10.0.0.1', 'source.ip:10.0.0.1'],
    ['source.ip', '2001:db8::1', 'source.ip:"2001:db8::1"'],
    ['file.path', 'C:\\a "b"', 'file.path:"C:\\\\a \\"b\\""'],
    ['message', 'NOT', 'message:"NOT"'],
    ['url', 'a*', 'url:"a*"'],
  ])('%s %s', (name, value, expected) => {
    expect(term(name, value)).toBe(expected);
  });

  it('narrows a query without changing its meaning', () => {
    expect(narrowed('', 'a:1')).toBe('a:1');
    expect(narrowed('b:2', 'a:1')).toBe('b:2 AND a:1');
    expect(narrowed('b:2 OR c:3', 'NOT a:1')).toBe('(b:2 OR c:3) AND NOT a:1');
  });
});
