/// One slow clock for everything that shows an age, so that a list is not re-rendered to grow older.
import { useSyncExternalStore } from 'react';

const STEP_MS = 10_000;
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | null = null;
let current = Date.now();

/** The time of the last step; changes every ten seconds. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => current);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(step, STEP_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0 && timer !== null) {
      clearInterval(timer);
      timer = null;
    }
  };
}

function step(): void {
  current = Date.now();
  for (const listener of listeners) listener();
}
