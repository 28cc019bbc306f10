/// The steps with an incident, for list and page alike: at once, or through a dialog.
import { useState, type ReactNode } from 'react';
import { useSpeech } from '../../lib/i18n/i18n';
import type { Incident } from '../../lib/incidents';
import { problemText } from '../../lib/problem';
import type { Action } from '../../lib/shortcuts';
import { Text } from '../../ui/Text';
import { useToast } from '../../ui/Toasts';
import { incidentActions, type Asking } from './actions';
import { CloseDialog } from './CloseDialog';
import { NoteDialog } from './NoteDialog';
import { SnoozeDialog } from './SnoozeDialog';
import { useIncidentChange, useMayWrite } from './useIncidents';

export interface Steps {
  actions: Action[];
  /** To be drawn by the page. */
  dialogs: ReactNode;
}

/** `incident` is the one that is selected, as fresh as it is known: a dialog follows it. */
export function useSteps(incident: Incident | null): Steps {
  const { text, language } = useSpeech();
  const toast = useToast();
  const mayWrite = useMayWrite();
  const [asking, setAsking] = useState<{ what: Asking; id: string } | null>(null);
  const move = useIncidentChange((after) => {
    toast({
      message: (
        <>
          {text.incidents.done[after.state]}: <Text value={after.title[language]} />
        </>
      ),
    });
  });
  const actions = incidentActions({
    incident,
    mayWrite,
    text,
    onMove: (chosen, to) => {
      if (move.isPending) return;
      move.mutate(
        { incident: chosen, change: { to } },
        {
          onError: (error) => {
            const { message, requestId } = problemText(error, text);
            const id = requestId === null ? '' : ` (${requestId})`;
            toast({ message: `${text.incidents.failed}: ${message}${id}`, isFailure: true });
          },
        },
      );
    },
    onAsk: ({ id }, what) => setAsking({ what, id }),
  });
  // What was asked of one incident is not asked of the next, which is selected when that one leaves the list.
  const shown = (what: Asking) => (asking?.what === what && asking.id === incident?.id ? incident : null);
  const close = () => setAsking(null);
  const dialogs = (
    <>
      <CloseDialog incident={shown('close')} onClose={close} />
      <SnoozeDialog incident={shown('snooze')} onClose={close} />
      <NoteDialog incident={shown('note')} onClose={close} />
    </>
  );
  return { actions, dialogs };
}
