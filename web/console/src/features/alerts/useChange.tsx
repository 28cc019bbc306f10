/// Moving an alert to another state: shown at once, undone within ten seconds, and when somebody
/// else was faster, both sides shown and nothing overwritten.
import { useQueryClient } from '@tanstack/react-query';
import {
  createContext,
  useCallback,
  useContext,
  useMemo,
  useRef,
  useState,
  type ReactNode,
} from 'react';
import type { Alert, AlertRow, AlertState, Verdict } from '../../lib/api';
import { ApiError, type Client } from '../../lib/client';
import { useClient } from '../../lib/context';
import { useText } from '../../lib/i18n/i18n';
import { problemText } from '../../lib/problem';
import { RuleTitle } from '../../ui/RuleTitle';
import { useToast } from '../../ui/Toasts';
import { CloseDialog } from './CloseDialog';
import { ConflictDialog } from './ConflictDialog';
import { ONE, PEEKS, patchAlert } from './cache';
import { Turns } from './turns';

export const UNDO_MS = 10_000;

export interface Target {
  state: AlertState;
  verdict?: Verdict;
  note?: string;
}

export interface Changes {
  change: (alert: AlertRow, target: Target) => Promise<void>;
  askClose: (alert: AlertRow, onClosed?: () => void) => void;
  undo: () => void;
}

export interface Conflict {
  wanted: Target;
  current: Alert;
}

interface Done {
  before: AlertRow;
  after: AlertRow;
  until: number;
}

const ChangesContext = createContext<Changes | null>(null);

export function useChanges(): Changes {
  const changes = useContext(ChangesContext);
  if (changes === null) throw new Error('no ChangeProvider around this component');
  return changes;
}

export function ChangeProvider(props: { children: ReactNode; now?: () => number }): ReactNode {
  const client = useClient();
  const queryClient = useQueryClient();
  const text = useText();
  const toast = useToast();
  const now = props.now ?? Date.now;
  const [closing, setClosing] = useState<{ alert: AlertRow; onClosed?: () => void } | null>(null);
  const [conflict, setConflict] = useState<Conflict | null>(null);
  const done = useRef<Done | null>(null);
  const [turns] = useState(() => new Turns());

  /** Shows the change, sends it, and takes it back when the centre refuses. */
  const send = useCallback(
    async (alert: AlertRow, target: Target): Promise<AlertRow | null> => {
      const verdict = target.state === 'closed' ? (target.verdict ?? null) : null;
      patchAlert(queryClient, alert.id, { state: target.state, verdict });
      try {
        const after = await turns.take(alert, (version) => client.changeAlert(alert.id, { ...target, version }));
        patchAlert(queryClient, alert.id, after);
        void queryClient.invalidateQueries({ queryKey: [...ONE, alert.id] });
        void queryClient.invalidateQueries({ queryKey: PEEKS });
        return after;
      } catch (error) {
        patchAlert(queryClient, alert.id, { state: alert.state, verdict: alert.verdict });
        const current = isConflict(error) ? await refetch(client, alert.id) : null;
        if (current === null) {
          const { message, requestId } = problemText(error, text);
          const id = requestId === null ? '' : ` (${requestId})`;
          toast({ message: `${text.action.failed}: ${message}${id}`, isFailure: true });
          return null;
        }
        queryClient.setQueryData([...ONE, alert.id], current);
        patchAlert(queryClient, alert.id, rowPart(current));
        setConflict({ wanted: target, current });
        return null;
      }
    },
    [client, queryClient, text, toast, turns],
  );

  const undo = useCallback(() => {
    const last = done.current;
    done.current = null;
    if (last === null || now() > last.until) return;
    const { state, verdict } = last.before;
    toast(null);
    void send(last.after, { state, ...(verdict ? { verdict } : {}) }).then((after) => {
      if (after) toast({ message: text.action.undone });
    });
  }, [now, send, text, toast]);

  const change = useCallback(
    async (alert: AlertRow, target: Target) => {
      const after = await send(alert, target);
      if (after === null) return;
      done.current = { before: alert, after, until: now() + UNDO_MS };
      toast({
        message: (
          <>
            {text.action.done[target.state]}: <RuleTitle rule={alert.rule} />
          </>
        ),
        action: { label: text.action.undo, shortcut: 'z', perform: undo },
        ms: UNDO_MS,
      });
    },
    [now, send, text, toast, undo],
  );

  const changes = useMemo<Changes>(
    () => ({
      change,
      undo,
      askClose: (alert, onClosed) => setClosing(onClosed ? { alert, onClosed } : { alert }),
    }),
    [change, undo],
  );
  return (
    <ChangesContext value={changes}>
      {props.children}
      <CloseDialog
        alert={closing?.alert ?? null}
        onCancel={() => setClosing(null)}
        onClose={(target) => {
          setClosing(null);
          closing?.onClosed?.();
          if (closing) void change(closing.alert, target);
        }}
      />
      <ConflictDialog
        conflict={conflict}
        onKeep={() => setConflict(null)}
        onApply={({ current, wanted }) => {
          setConflict(null);
          void change(rowPart(current), wanted);
        }}
      />
    </ChangesContext>
  );
}

function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.status === 409;
}

async function refetch(client: Client, id: string): Promise<Alert | null> {
  try {
    return await client.alert(id);
  } catch {
    return null;
  }
}

/** The alert without what only its page needs. */
function rowPart(alert: Alert): AlertRow {
  const { evidence: _evidence, history: _history, query: _query, query_from: _from, query_to: _to, ...row } = alert;
  return row;
}
