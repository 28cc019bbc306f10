/// Keys, buttons, palette and key help share one list: what a page can do is a list of actions, and
/// the page registers it while it is on screen.
import {
  createContext,
  useContext,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useSyncExternalStore,
  type ReactNode,
} from 'react';

export interface Action {
  name: string;
  label: string;
  group: string;
  /** `j`, `Enter`, `?`, `mod+k`; the first is shown. None: only in the palette. */
  keys: readonly string[];
  perform: () => void;
  isDisabled?: boolean;
}

class Registry {
  private readonly scopes = new Map<symbol, readonly Action[]>();
  private readonly listeners = new Set<() => void>();
  private all: readonly Action[] = [];

  set(scope: symbol, actions: readonly Action[] | null): void {
    if (actions === null) this.scopes.delete(scope);
    else this.scopes.set(scope, actions);
    this.all = [...this.scopes.values()].flat();
    for (const listener of this.listeners) listener();
  }

  readonly list = (): readonly Action[] => this.all;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** The newest scope wins, so that a page can take over a key of the shell. */
  find(key: string): Action | undefined {
    return this.all.findLast((action) => action.keys.includes(key) && action.isDisabled !== true);
  }
}

const RegistryContext = createContext(new Registry());

export function ShortcutProvider({ children }: { children: ReactNode }): ReactNode {
  const registry = useMemo(() => new Registry(), []);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const key = keyOf(event);
      if (key === null || event.defaultPrevented || isBusy(event.target, key)) return;
      const action = registry.find(key);
      if (!action) return;
      event.preventDefault();
      action.perform();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [registry]);
  return <RegistryContext value={registry}>{children}</RegistryContext>;
}

/** Registers actions while the caller is mounted; they may close over anything that changes. */
export function useActions(actions: readonly Action[]): void {
  const registry = useContext(RegistryContext);
  const scope = useRef(Symbol('scope'));
  const latest = useRef(actions);
  useLayoutEffect(() => {
    latest.current = actions;
  });
  const shape = JSON.stringify(actions.map((action) => [action.name, action.label, action.isDisabled]));
  useLayoutEffect(() => {
    const own = scope.current;
    const stable = latest.current.map((action) => ({
      ...action,
      perform: () => latest.current.find((item) => item.name === action.name)?.perform(),
    }));
    registry.set(own, stable);
    return () => registry.set(own, null);
  }, [registry, shape]);
}

/** Everything that can be done now, for the palette and the key help. */
export function useAllActions(): readonly Action[] {
  const registry = useContext(RegistryContext);
  return useSyncExternalStore(registry.subscribe, registry.list);
}

/** How a key is written on a screen. */
export function keyLabel(key: string): string {
  const names: Record<string, string> = { 'mod+k': 'Ctrl K', 'mod+a': 'Ctrl A', ArrowDown: '↓', ArrowUp: '↑', Escape: 'Esc' };
  return names[key] ?? (/^[A-Z]$/.test(key) ? `⇧${key}` : key);
}

function keyOf(event: KeyboardEvent): string | null {
  if (event.altKey) return null;
  // An input method for Vietnamese may report every key as "Process"; the physical key is then meant.
  const unknown = event.key === 'Process' || event.key === 'Unidentified' || event.keyCode === 229;
  const key = unknown ? event.code.replace(/^Key/, '') : event.key;
  const plain = key.length === 1 && !event.shiftKey ? key.toLowerCase() : key;
  if (event.ctrlKey || event.metaKey) return `mod+${key.toLowerCase()}`;
  return plain;
}

/** Typing, open menus and dialogs keep their keys; a focused button or link keeps Enter. */
function isBusy(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof Element)) return false;
  if (key === 'mod+k') return false;
  if (target.closest('input, textarea, select, [contenteditable="true"]')) return true;
  if (target.closest('[role="dialog"], [role="alertdialog"], [role="menu"], .popover')) return true;
  return key === 'Enter' && target.closest('button, a, summary') !== null;
}
