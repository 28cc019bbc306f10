/// Where to go after signing in: only ever a path of this console, whatever a link says.

export function safeNext(next: string | null): string {
  const isOwn = next !== null && /^\/(?![/\\])/.test(next) && !next.startsWith('/sign-in');
  return isOwn ? next : '/alerts';
}
