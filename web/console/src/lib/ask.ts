/// How a question to the API is put: what `client.ts` sends, and what the endpoints of a resource use.

/** One question; `T` is what the answer holds, `undefined` when it has no body. */
export type Ask = <T>(method: string, path: string, call?: Call) => Promise<T>;

export interface Call {
  body?: unknown;
  /** Sent as it is: a zip, unless another type is named. */
  file?: Blob;
  type?: string;
  signal?: AbortSignal | undefined;
}

/** The query part of an address, without what is empty. */
export function search(query: Record<string, string | undefined>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') params.set(name, value);
  }
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}
