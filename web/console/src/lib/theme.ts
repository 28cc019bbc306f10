/// Dark, light, or what the machine prefers. The tokens of theme.css do the rest.
import { useSyncExternalStore } from 'react';

export type Theme = 'system' | 'dark' | 'light';

const KEY = 'haidang.theme';
const listeners = new Set<() => void>();

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, remembered);
}

export function setTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  applyTheme();
  for (const listener of listeners) listener();
}

/** Called once before the first paint, and on every change. */
export function applyTheme(): void {
  const theme = remembered();
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

function remembered(): Theme {
  const value = localStorage.getItem(KEY);
  return value === 'dark' || value === 'light' ? value : 'system';
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
