/// The invented centre behind a `fetch`, with a record of what was asked.
import type { Centre } from './centre';

export interface Call {
  method: string;
  path: string;
  query: URLSearchParams;
  body: Record<string, unknown>;
  headers: Headers;
}

export function fakeFetch(centre: Centre, scenario: () => string = () => 'ok') {
  const calls: Call[] = [];
  let line: ReadableStreamDefaultController<Uint8Array> | null = null;
  const fetch: typeof globalThis.fetch = (input, init) => {
    const url = new URL(String(input), 'http://console.test');
    const call: Call = {
      method: init?.method ?? 'GET',
      path: url.pathname.replace('/api/v1', ''),
      query: url.searchParams,
      body: typeof init?.body === 'string' ? (JSON.parse(init.body) as Record<string, unknown>) : {},
      headers: new Headers(init?.headers),
    };
    calls.push(call);
    if (call.path === '/live') {
      const body = new ReadableStream<Uint8Array>({ start: (controller) => void (line = controller) });
      return Promise.resolve(new Response(body));
    }
    const answer = centre.handle({ ...call, scenario: scenario() });
    const body = answer.body === undefined ? null : JSON.stringify(answer.body);
    return Promise.resolve(new Response(body, { status: answer.status, headers: answer.headers ?? {} }));
  };
  /** Says something on the live line, as the centre would. */
  const tell = (event: string, data: unknown): void => {
    line?.enqueue(new TextEncoder().encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`));
  };
  return { fetch, calls, tell };
}
