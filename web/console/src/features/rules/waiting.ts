/// Imports that were begun in this browser and that nobody has decided on yet. The centre knows an
/// import by its id alone: whoever leaves its page must find back to it.

const KEY = 'haidang.imports';
/** The centre lets fewer wait. */
const MOST = 20;

export function waitingIds(): readonly string[] {
  try {
    const held: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(held) ? held.filter((id) => typeof id === 'string').slice(0, MOST) : [];
  } catch {
    return [];
  }
}

export function rememberImport(id: string): void {
  keep([id, ...waitingIds().filter((each) => each !== id)]);
}

export function forgetImport(id: string): void {
  keep(waitingIds().filter((each) => each !== id));
}

function keep(ids: readonly string[]): void {
  localStorage.setItem(KEY, JSON.stringify(ids.slice(0, MOST)));
}
