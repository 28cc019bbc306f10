/// Alerts go into a case: the action and its dialog, for the queue and the page of an alert. What the dialog needs is
/// loaded when it opens.
import { Suspense, lazy, useState, type ReactNode } from 'react';
import type { AlertRow } from '../../lib/api';
import { useMay } from '../../lib/context';
import { useText } from '../../lib/i18n/i18n';
import type { Action } from '../../lib/shortcuts';

const EscalateDialog = lazy(async () => ({ default: (await import('./EscalateDialog')).EscalateDialog }));

export interface Escalation {
  action: Action;
  /** To be drawn by the page. */
  dialog: ReactNode;
}

/** `alerts` are those that are chosen now. */
export function useEscalate(alerts: readonly AlertRow[]): Escalation {
  const text = useText();
  const mayWrite = useMay('cases.write');
  const [chosen, choose] = useState<readonly AlertRow[] | null>(null);
  const action: Action = {
    name: 'escalate',
    label: text.cases.escalate.action,
    group: text.action.group.alert,
    keys: ['v'],
    perform: () => choose(alerts),
    isDisabled: !mayWrite || alerts.length === 0,
  };
  const dialog = chosen !== null && (
    <Suspense fallback={null}>
      <EscalateDialog alerts={chosen} onClose={() => choose(null)} />
    </Suspense>
  );
  return { action, dialog };
}
