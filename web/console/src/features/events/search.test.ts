import { expect, it } from 'vitest';
import { asked, echo, readSearch, writeSearch } from './search';

it('looks at the last day unless the link says otherwise', () => {
  expect(readSearch(new URLSearchParams('q=kind:dns'))).toEqual({
    q: 'kind:dns',
    range: { from: '-24h', to: null },
    hidesStatus: true,
  });
  expect(readSearch(new URLSearchParams('to=2026-11-22T00:00:00Z')).range).toEqual({
    from: null,
    to: '2026-11-22T00:00:00Z',
  });
});

it('writes only what is said, and closes the open event', () => {
  const next = writeSearch(new URLSearchParams('q=a&event=7&from=-1h'), { q: ' b ' });
  expect(next.toString()).toBe('q=b&from=-1h');
  expect(writeSearch(next, { q: '', range: { from: '-7d', to: null } }).toString()).toBe('from=-7d');
});

it('shows the place where a query is wrong, and no more than a few lines around it', () => {
  expect(echo('a AND', 6)).toEqual({ before: 'a AND', at: ' ', after: '' });
  expect(echo('𝑥:( b', 3)).toEqual({ before: '𝑥:', at: '(', after: ' b' });
  const long = echo(`${'a'.repeat(4000)}(${'b'.repeat(4000)}`, 4001);
  expect(long).toEqual({ before: `…${'a'.repeat(120)}`, at: '(', after: `${'b'.repeat(120)}…` });
});

it('leaves out the status of sources only where no query is written, and only until told otherwise', () => {
  expect(asked(readSearch(new URLSearchParams()))).toBe('NOT kind:sensor.status');
  expect(asked(readSearch(new URLSearchParams('status=show')))).toBe('');
  expect(asked(readSearch(new URLSearchParams('q= source:a ')))).toBe('source:a');
  const shown = writeSearch(new URLSearchParams('from=-1h'), { hidesStatus: false });
  expect(shown.toString()).toBe('from=-1h&status=show');
  expect(writeSearch(shown, { hidesStatus: true }).toString()).toBe('from=-1h');
});
