import { expect, it } from 'vitest';
import { placeOf, readSearch, writeSearch } from './search';

it('looks at the last day unless the link says otherwise', () => {
  expect(readSearch(new URLSearchParams('q=kind:dns'))).toEqual({
    q: 'kind:dns',
    range: { from: '-24h', to: null },
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

it('finds the place in the message of a bad query', () => {
  expect(placeOf('column 17: a value is missing')).toEqual({ column: 17, reason: 'a value is missing' });
  expect(placeOf('too long')).toBeNull();
});
