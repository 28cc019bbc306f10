/// Messages that pass: one at a time, with at most one thing to do about them.
import { createContext, useCallback, useContext, useEffect, useState, type ReactNode } from 'react';
import { Button } from './Button';

export interface Toast {
  message: ReactNode;
  isFailure?: boolean;
  action?: { label: string; shortcut?: string; perform: () => void };
  ms?: number;
}

const DEFAULT_MS = 6000;
type Show = (toast: Toast | null) => void;
const ToastContext = createContext<Show>(() => undefined);

export function ToastProvider({ children }: { children: ReactNode }): ReactNode {
  const [toast, setToast] = useState<Toast | null>(null);
  const show = useCallback<Show>((next) => setToast(next), []);
  useEffect(() => {
    if (toast === null) return undefined;
    const timer = setTimeout(() => setToast(null), toast.ms ?? DEFAULT_MS);
    return () => clearTimeout(timer);
  }, [toast]);
  return (
    <ToastContext value={show}>
      {children}
      <div className="toasts" role="status" aria-live="polite">
        {toast !== null && (
          <div className={toast.isFailure ? 'toast toast-failed' : 'toast'}>
            <span>{toast.message}</span>
            {toast.action && (
              <Button look="quiet" shortcut={toast.action.shortcut} onPress={toast.action.perform}>
                {toast.action.label}
              </Button>
            )}
          </div>
        )}
      </div>
    </ToastContext>
  );
}

export function useToast(): Show {
  return useContext(ToastContext);
}
