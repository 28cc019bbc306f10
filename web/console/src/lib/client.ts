/// The only place that calls the API: one request function, then one line per endpoint.
import type {
  AddedEntries,
  ApiErrorBody,
  Event,
  EventPage,
  Health,
  IntelEntryPage,
  IntelListChange,
  IntelLists,
  NewEntries,
  NewIntelList,
  Session,
  SiteList,
  SourceList,
} from './api';
import { search, type Call } from './ask';
import { alertsOf } from './client.alerts';
import { assetsOf } from './client.assets';
import { casesOf } from './client.cases';
import { fleetOf } from './client.fleet';
import { peopleOf } from './client.people';
import { rulesOf } from './client.rules';

const BASE = '/api/v1';

/** What went wrong, as the centre said it; status 0 means that the centre did not answer. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly requestId: string | null,
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

export interface EventQuery {
  q?: string;
  from?: string;
  to?: string;
  cursor?: string;
  limit?: string;
}

export interface EntryQuery {
  value?: string;
  kind?: string;
  why?: string;
  cursor?: string;
  limit?: string;
}

export interface ClientOptions {
  fetch?: typeof globalThis.fetch;
  /** Called once for every answer that says that the session has ended. */
  onSignedOut?: () => void;
}

export type Client = ReturnType<typeof createClient>;

export function createClient(options: ClientOptions = {}) {
  const fetcher: typeof globalThis.fetch = (input, init) =>
    (options.fetch ?? globalThis.fetch)(input, init);
  let csrf = '';

  async function request<T>(method: string, path: string, call: Call = {}): Promise<T> {
    const headers: Record<string, string> = { Accept: 'application/json' };
    if (call.body !== undefined) headers['Content-Type'] = 'application/json';
    if (call.file !== undefined) headers['Content-Type'] = call.type ?? 'application/zip';
    if (method !== 'GET') {
      headers['X-CSRF-Token'] = csrf;
      headers['Idempotency-Key'] = randomId();
    }
    const response = await reach(fetcher, BASE + path, {
      method,
      headers,
      credentials: 'same-origin',
      body: call.file ?? (call.body === undefined ? null : JSON.stringify(call.body)),
      signal: call.signal ?? null,
    });
    if (!response.ok) throw await failure(method, response, options);
    const said = await response.text();
    return (said === '' ? undefined : JSON.parse(said)) as T;
  }

  const get = <T>(path: string, signal?: AbortSignal) => request<T>('GET', path, { signal });

  const keep = (session: Session): Session => {
    csrf = session.csrf;
    return session;
  };

  return {
    session: async (signal?: AbortSignal) => keep(await get<Session>('/session', signal)),
    /** The code is that of the second factor; empty where none is asked for. */
    signIn: async (user: string, password: string, code = '') =>
      keep(await request<Session>('POST', '/session', { body: { user, password, ...(code !== '' && { code }) } })),
    signOut: () => request<undefined>('DELETE', '/session'),
    changePassword: (current: string, next: string) =>
      request<undefined>('POST', '/session/password', { body: { current, new: next } }),

    events: (query: EventQuery, signal?: AbortSignal) =>
      get<EventPage>(`/events${search({ ...query })}`, signal),
    event: (id: string, signal?: AbortSignal) =>
      get<Event>(`/events/${encodeURIComponent(id)}`, signal),

    intel: (signal?: AbortSignal) => get<IntelLists>('/intel', signal),
    makeIntelList: (list: NewIntelList) => request<undefined>('POST', '/intel', { body: list }),
    changeIntelList: (id: string, change: IntelListChange) =>
      request<undefined>('PATCH', `/intel/${encodeURIComponent(id)}`, { body: change }),
    intelEntries: (id: string, query: EntryQuery, signal?: AbortSignal) =>
      get<IntelEntryPage>(`/intel/${encodeURIComponent(id)}/entries${search({ ...query })}`, signal),
    addIntelEntries: (id: string, entries: NewEntries) =>
      request<AddedEntries>('POST', `/intel/${encodeURIComponent(id)}/entries`, { body: entries }),
    removeIntelEntry: (id: string, entry: EntryQuery) =>
      request<undefined>('DELETE', `/intel/${encodeURIComponent(id)}/entries${search({ ...entry })}`),

    ...alertsOf(request),
    ...rulesOf(request),
    ...fleetOf(request),
    ...assetsOf(request),
    ...peopleOf(request),
    ...casesOf(request),

    sources: (signal?: AbortSignal) => get<SourceList>('/sources', signal),
    sites: (signal?: AbortSignal) => get<SiteList>('/sites', signal),
    health: (signal?: AbortSignal) => get<Health>('/health', signal),
    /** What anybody is told; an older centre does not say whether it is an exercise. */
    publicHealth: (signal?: AbortSignal) => get<{ exercise?: boolean }>('/health', signal),

    /** The open answer of the live line; the caller reads its body. */
    live: async (lastId: string | null, signal: AbortSignal): Promise<Response> => {
      const headers: Record<string, string> = { Accept: 'text/event-stream' };
      if (lastId !== null) headers['Last-Event-ID'] = lastId;
      const response = await reach(fetcher, `${BASE}/live`, {
        headers,
        credentials: 'same-origin',
        cache: 'no-store',
        signal,
      });
      if (!response.ok) throw await failure('GET', response, options);
      return response;
    },
  };
}

async function reach(
  fetcher: typeof globalThis.fetch,
  url: string,
  init: RequestInit,
): Promise<Response> {
  try {
    return await fetcher(url, init);
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    throw new ApiError(0, 'unreachable', 'the centre does not answer', null);
  }
}

async function failure(method: string, response: Response, options: ClientOptions): Promise<ApiError> {
  const body = await readBody(response);
  if (response.status === 401 && body.code === 'signed_out') options.onSignedOut?.();
  const wait = Number(response.headers.get('Retry-After') ?? Number.NaN);
  return new ApiError(
    response.status,
    body.code ?? fallbackCode(method, response.status),
    body.message ?? response.statusText,
    body.request_id ?? null,
    Number.isFinite(wait) ? wait : null,
  );
}

async function readBody(response: Response): Promise<Partial<ApiErrorBody>> {
  try {
    const body: unknown = await response.json();
    return typeof body === 'object' && body !== null ? (body as Partial<ApiErrorBody>) : {};
  } catch {
    return {};
  }
}

/**
 * An answer without our body. A proxy in front of a dead centre says 502–504: that is "unreachable"
 * too. What asks is long only by its query (413, 414, 431), what writes by its body (413).
 */
function fallbackCode(method: string, status: number): string {
  if (method === 'GET' && [413, 414, 431].includes(status)) return 'query_too_long';
  if (status === 413) return 'too_large';
  return status >= 502 && status <= 504 ? 'unreachable' : `http_${status}`;
}

/** `crypto.randomUUID` exists only in secure contexts; the key needs chance, not a format. */
function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
