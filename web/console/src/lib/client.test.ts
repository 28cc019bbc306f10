import { describe, expect, it, vi } from 'vitest';
import { Centre } from '../../dev/centre';
import { fakeFetch } from '../../dev/fake-fetch';
import { ApiError, createClient } from './client';

const answer = (status: number, body: string | null, headers = {}) =>
  createClient({ fetch: () => Promise.resolve(new Response(body, { status, headers })) });

async function failing(run: Promise<unknown>): Promise<ApiError> {
  const error = await run.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof ApiError) return error;
  throw new Error('expected an ApiError');
}

describe('client', () => {
  it('carries the token of the session and a fresh key on every write', async () => {
    const { fetch, calls } = fakeFetch(new Centre(0));
    const client = createClient({ fetch });
    await client.session();
    await client.changePassword('a', 'a long enough one');
    await client.changePassword('a', 'a long enough one');
    const [read, first, second] = calls.map((call) => call.headers);
    expect(read?.get('X-CSRF-Token')).toBeNull();
    expect(first?.get('X-CSRF-Token')).toBe('mock-csrf');
    expect(first?.get('Idempotency-Key')).toMatch(/^[0-9a-f]{32}$/);
    expect(first?.get('Idempotency-Key')).not.toBe(second?.get('Idempotency-Key'));
  });

  it('leaves out what is not asked', async () => {
    const { fetch, calls } = fakeFetch(new Centre(0));
    await createClient({ fetch }).alerts({ state: 'new', level: '', cursor: undefined, limit: '5' });
    expect(calls[0]?.query.toString()).toBe('state=new&limit=5');
  });

  it('hands on what the centre said', async () => {
    const body = JSON.stringify({ status: 409, code: 'conflict', message: 'changed', request_id: 'r1' });
    const error = await failing(answer(409, body).alert('a'));
    expect(error).toMatchObject({ status: 409, code: 'conflict', message: 'changed', requestId: 'r1' });
  });

  it('knows how long to wait', async () => {
    const error = await failing(answer(429, '{}', { 'Retry-After': '47' }).signIn('a', 'b'));
    expect(error.retryAfterSeconds).toBe(47);
  });

  it('calls a centre that is not there unreachable, also behind a proxy', async () => {
    const dead = createClient({ fetch: () => Promise.reject(new TypeError('failed to fetch')) });
    expect((await failing(dead.health())).code).toBe('unreachable');
    expect((await failing(answer(502, '<html>').health())).code).toBe('unreachable');
    expect((await failing(answer(500, '<html>').health())).code).toBe('http_500');
  });

  it('calls an address that a proxy finds too long a query too long', async () => {
    const long = answer(414, null);
    expect((await failing(long.events({ q: 'a' }))).code).toBe('query_too_long');
    const body = answer(413, '<html>');
    expect((await failing(body.events({ q: 'a' }))).code).toBe('query_too_long');
    expect((await failing(body.changeAlert('a', { state: 'new', version: 1 }))).code).toBe('too_large');
  });

  it('tells when the session has ended, and only then', async () => {
    const onSignedOut = vi.fn();
    const centre = new Centre(0);
    const client = createClient({ fetch: fakeFetch(centre).fetch, onSignedOut });
    await failing(client.signIn('hien.dt', 'wrong'));
    expect(onSignedOut).not.toHaveBeenCalled();
    centre.signedIn = false;
    await failing(client.health());
    expect(onSignedOut).toHaveBeenCalledTimes(1);
  });

  it('lets an abandoned question go quietly', async () => {
    const abort = new AbortController();
    const client = createClient({
      fetch: () => {
        abort.abort();
        return Promise.reject(new DOMException('gone', 'AbortError'));
      },
    });
    await expect(client.health(abort.signal)).rejects.toBeInstanceOf(DOMException);
  });
});

it('sends a file as it is, and reads an answer that has a body whatever its status', async () => {
  let sent: RequestInit | undefined;
  const answers = [new Response('{"id":"imp-1"}', { status: 201 }), new Response(null, { status: 201 }), new Response(null, { status: 204 })];
  let asked = '';
  const client = createClient({
    fetch: (input, init) => {
      asked = String(input);
      sent = init;
      return Promise.resolve(answers.shift() ?? new Response(null));
    },
  });
  const file = new Blob(['PK']);
  expect((await client.importRules('goi', 'Gói.zip', file)).id).toBe('imp-1');
  expect(decodeURIComponent(asked)).toBe('/api/v1/rules/imports?name=goi&source=Gói.zip');
  expect(sent?.body).toBe(file);
  expect(new Headers(sent?.headers).get('Content-Type')).toBe('application/zip');
  expect(await client.makeIntelList({ id: 'a', name: 'a', source: 'a', level: 'low' })).toBeUndefined();
  expect(await client.stepBack('quá ồn')).toBeUndefined();
});
