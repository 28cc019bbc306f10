/// The dev server's /api/v1 without a centre. The scenario comes from the cookie `mock`, else from
/// HAIDANG_MOCK: ok, empty, error, stale, too_many, disk_full, degraded, partial, down, signed_out,
/// no_rights, conflict, untried, closed_fleet, unconfirmed, slow.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Connect, Plugin } from 'vite';
import { Centre, problem } from './centre.ts';
import { makeAlert } from './world.ts';

/** What the real centre sends with the console, so that a breach shows while developing. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export function mock(): Plugin {
  const centres = new Map<string, Centre>();
  const serve = (middlewares: Connect.Server, strict: boolean) => {
    middlewares.use((request, response, next) => {
      const url = new URL(request.url ?? '/', 'http://mock');
      if (strict) response.setHeader('Content-Security-Policy', POLICY);
      if (!url.pathname.startsWith('/api/v1/')) {
        next();
        return;
      }
      const scenario = /(?:^|; )mock=(\w+)/.exec(request.headers.cookie ?? '')?.[1] ?? process.env.HAIDANG_MOCK ?? 'ok';
      const centre = centres.get(scenario) ?? new Centre(Date.now());
      centres.set(scenario, centre);
      const path = url.pathname.slice('/api/v1'.length);
      if (path === '/live') {
        live(centre, scenario, request, response);
        return;
      }
      void readBody(request).then((body) => {
        const answer = centre.handle({ method: request.method ?? 'GET', path, query: url.searchParams, body, scenario });
        const send = () => {
          response.writeHead(answer.status, { 'Content-Type': 'application/json', ...answer.headers });
          response.end(answer.body === undefined ? '' : JSON.stringify(answer.body));
        };
        setTimeout(send, scenario === 'slow' && !path.startsWith('/session') ? 60_000 : 40);
      });
    });
  };
  return {
    name: 'haidang-mock',
    configureServer: (server) => serve(server.middlewares, false),
    configurePreviewServer: (server) => serve(server.middlewares, true),
  };
}

function live(centre: Centre, scenario: string, request: IncomingMessage, response: ServerResponse): void {
  if (scenario === 'stale' || scenario === 'down') {
    const { status, body } = problem(503, 'unavailable', 'closing');
    response.writeHead(status).end(JSON.stringify(body));
    return;
  }
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  response.write(': hello\n\n');
  let id = Number(request.headers['last-event-id'] ?? 0);
  const beat = setInterval(() => response.write(': beat\n\n'), 10_000);
  const burst = setTimeout(() => {
    if (scenario !== 'ok') return;
    for (let n = 0; n < 3; n += 1) {
      const alert = makeAlert(900 + centre.alerts.length, Date.now());
      Object.assign(alert, { state: 'new', verdict: null, opened: new Date().toISOString(), first: new Date().toISOString(), last: new Date().toISOString(), updated: new Date().toISOString() });
      centre.alerts.unshift(alert);
      id += 1;
      const data = { id: alert.id, version: 1, state: 'new', level: alert.rule.level, site: alert.site, opened: true };
      response.write(`id: ${id}\nevent: alert\ndata: ${JSON.stringify(data)}\n\n`);
    }
  }, 4_000);
  request.on('close', () => {
    clearInterval(beat);
    clearTimeout(burst);
  });
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  // A zip is not read: the invented centre knows what it would find.
  return text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {};
}
