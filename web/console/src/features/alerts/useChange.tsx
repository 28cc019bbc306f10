/// Moving alerts to another state or handing them on, one or many: shown at once, undone by one key, and when
/// somebody else was faster, both sides shown and nothing overwritten.
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
import { number } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { problemText } from '../../lib/problem';
import type { AlertBatch, AlertBulk } from '../../lib/triage';
import { RuleTitle } from '../../ui/RuleTitle';
import { useToast } from '../../ui/Toasts';
import { CloseDialog } from './CloseDialog';
import { ConflictDialog } from './ConflictDialog';
import { LISTS, ONE, PEEKS, patchAlert } from './cache';
import { doneText, patchOf, undoneText } from './changed';
import { Turns } from './turns';

export const UNDO_MS = 10_000;
/** A change of many is looked at longer before one is sure. */
export const UNDO_MANY_MS = 60_000;

/** A state, or who is to hold the alert: an empty name is nobody. */
export type Target = { state: AlertState; verdict?: Verdict; note?: string } | { assignee: string };

/** Which alerts a change of many means, and how many that are as far as is known. */
export type Meant = Pick<AlertBulk, 'ids' | 'filter' | 'as_of'>;

export interface Changes {
  change: (alert: AlertRow, target: Target) => Promise<void>;
  changeMany: (meant: Meant, target: Target) => Promise<void>;
  askClose: (alert: AlertRow, onClosed?: () => void) => void;
  askCloseMany: (meant: Meant, count: string, onClosed: () => void) => void;
  undo: () => void;
}

export interface Conflict {
  wanted: Target;
  current: Alert;
}

interface Done {
  batch: string;
  /** The one alert; null: many. */
  one: AlertRow | null;
  until: number;
}

type Closing = { alert: AlertRow; onClosed?: () => void } | { meant: Meant; count: string; onClosed: () => void };

const ChangesContext = createContext<Changes | null>(null);

export function useChanges(): Changes {
  const changes = useContext(ChangesContext);
  if (changes === null) throw new Error('no ChangeProvider around this component');
  return changes;
}

export function ChangeProvider(props: { children: ReactNode; now?: () => number }): ReactNode {
  const client = useClient();
  const queryClient = useQueryClient();
  const { text, language } = useSpeech();
  const toast = useToast();
  const now = props.now ?? Date.now;
  const [closing, setClosing] = useState<Closing | null>(null);
  const [conflict, setConflict] = useState<Conflict | null>(null);
  const done = useRef<Done | null>(null);
  const [turns] = useState(() => new Turns());

  const fail = useCallback(
    (error: unknown) => {
      const { message, requestId } = problemText(error, text);
      const id = requestId === null ? '' : ` (${requestId})`;
      toast({ message: `${text.action.failed}: ${message}${id}`, isFailure: true });
    },
    [text, toast],
  );
  const refresh = useCallback(() => {
    void queryClient.invalidateQueries({ queryKey: PEEKS });
    void queryClient.invalidateQueries({ queryKey: ['entities'] });
  }, [queryClient]);

  /** Shows the change, sends it, and takes it back when the centre refuses. */
  const send = useCallback(
    async (alert: AlertRow, target: Target): Promise<Done | null> => {
      patchAlert(queryClient, alert.id, patchOf(target));
      let batch = '';
      try {
        const after = await turns.take(alert, async (version) => {
          const { batch: made, ...row } =
            'assignee' in target
              ? await client.assignAlert(alert.id, target.assignee, version)
              : await client.changeAlert(alert.id, { ...target, version });
          batch = made;
          return row;
        });
        patchAlert(queryClient, alert.id, after);
        void queryClient.invalidateQueries({ queryKey: [...ONE, alert.id] });
        refresh();
        return { batch, one: after, until: now() + UNDO_MS };
      } catch (error) {
        const { state, verdict, assignee, due } = alert;
        patchAlert(queryClient, alert.id, { state, verdict, assignee, due });
        const current = isConflict(error) ? await refetch(client, alert.id) : null;
        if (current === null) {
          fail(error);
          return null;
        }
        queryClient.setQueryData([...ONE, alert.id], current);
        patchAlert(queryClient, alert.id, rowPart(current));
        setConflict({ wanted: target, current });
        return null;
      }
    },
    [client, fail, now, queryClient, refresh, turns],
  );

  const undo = useCallback(() => {
    const last = done.current;
    done.current = null;
    if (last === null || now() > last.until) return;
    toast(null);
    const takeBack = async () => {
      let told: AlertBatch | null = null;
      const ask = async () => {
        told = await client.undoAlerts(last.batch);
        return told;
      };
      try {
        if (last.one === null) await ask();
        else {
          const after = await turns.take(last.one, async () => {
            await ask();
            return rowPart(await client.alert(last.one?.id ?? ''));
          });
          patchAlert(queryClient, after.id, after);
        }
        toast({ message: undoneText(told, text, language) });
      } catch (error) {
        fail(error);
      }
      if (last.one === null) void queryClient.invalidateQueries({ queryKey: LISTS });
      void queryClient.invalidateQueries({ queryKey: ONE });
      refresh();
    };
    void takeBack();
  }, [client, fail, language, now, queryClient, refresh, text, toast, turns]);

  const change = useCallback(
    async (alert: AlertRow, target: Target) => {
      const made = await send(alert, target);
      if (made === null) return;
      done.current = made;
      toast({
        message: (
          <>
            {doneText(target, text)}: <RuleTitle rule={alert.rule} />
          </>
        ),
        action: { label: text.action.undo, shortcut: 'z', perform: undo },
        ms: UNDO_MS,
      });
    },
    [send, text, toast, undo],
  );

  const changeMany = useCallback(
    async (meant: Meant, target: Target) => {
      try {
        const told = await client.changeAlerts({ ...meant, change: target });
        done.current = { batch: told.batch, one: null, until: now() + UNDO_MANY_MS };
        const left = told.skipped_count === 0 ? '' : `, ${text.triage.leftMany(number(told.skipped_count, language))}`;
        const message = text.triage.doneMany(doneText(target, text), number(told.changed, language)) + left;
        toast({
          message,
          ...(told.changed > 0 && { action: { label: text.action.undo, shortcut: 'z', perform: undo } }),
          ms: UNDO_MANY_MS,
        });
      } catch (error) {
        fail(error);
      }
      void queryClient.invalidateQueries({ queryKey: LISTS });
      void queryClient.invalidateQueries({ queryKey: ONE });
      refresh();
    },
    [client, fail, language, now, queryClient, refresh, text, toast, undo],
  );

  const changes = useMemo<Changes>(
    () => ({
      change,
      changeMany,
      undo,
      askClose: (alert, onClosed) => setClosing(onClosed ? { alert, onClosed } : { alert }),
      askCloseMany: (meant, count, onClosed) => setClosing({ meant, count, onClosed }),
    }),
    [change, changeMany, undo],
  );
  return (
    <ChangesContext value={changes}>
      {props.children}
      <CloseDialog
        what={closing === null ? null : 'alert' in closing ? closing.alert.rule : closing.count}
        onCancel={() => setClosing(null)}
        onClose={(target) => {
          setClosing(null);
          closing?.onClosed?.();
          if (closing === null) return;
          if ('alert' in closing) void change(closing.alert, target);
          else void changeMany(closing.meant, target);
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
