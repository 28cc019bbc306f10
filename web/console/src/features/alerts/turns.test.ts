import { expect, it } from 'vitest';
import { makeAlert } from '../../../dev/world';
import type { AlertRow } from '../../lib/api';
import { Turns } from './turns';

const row = (version: number): AlertRow => ({ ...makeAlert(1, 0), version });

it('waits for one’s own change and goes on from the version that it led to', async () => {
  const turns = new Turns();
  const sent: number[] = [];
  const send = (version: number) => {
    sent.push(version);
    return Promise.resolve(row(version + 1));
  };
  await Promise.all([turns.take(row(1), send), turns.take(row(1), send), turns.take(row(1), send)]);
  expect(sent).toEqual([1, 2, 3]);
  await turns.take(row(3), send);
  expect(sent).toEqual([1, 2, 3, 4]);
});

it('keeps the version that was seen when somebody else was faster, and after a failure', async () => {
  const turns = new Turns();
  await turns.take(row(1), () => Promise.resolve(row(2)));
  // Another made 3 and 4; the page has seen 4.
  let sent = 0;
  await turns.take(row(4), (version) => Promise.resolve(row((sent = version) + 1)));
  expect(sent).toBe(4);
  await expect(turns.take(row(5), () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await turns.take(row(5), (version) => Promise.resolve(row((sent = version) + 1)));
  expect(sent).toBe(5);
  // What was seen before the other's change is no version of one's own.
  await turns.take(row(3), (version) => Promise.resolve(row((sent = version) + 1)));
  expect(sent).toBe(3);
});
