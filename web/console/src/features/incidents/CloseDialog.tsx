/// Closing an incident needs its cause: keys 1 to 6.
import type { ReactNode } from 'react';
import { useText } from '../../lib/i18n/i18n';
import type { Incident, IncidentCause } from '../../lib/incidents';
import { CodeForm } from '../../ui/CodeForm';
import { Overlay } from '../../ui/Overlay';
import { useToast } from '../../ui/Toasts';
import { IncidentName } from './IncidentName';
import { useIncidentChange } from './useIncidents';

export const CAUSES: readonly IncidentCause[] = ['fixed', 'false_alarm', 'planned_work', 'duplicate', 'accepted_risk', 'other'];

export function CloseDialog({ incident, onClose }: { incident: Incident | null; onClose: () => void }): ReactNode {
  const text = useText();
  const toast = useToast();
  const words = text.incidents;
  const close = useIncidentChange(() => {
    toast({ message: words.done.closed });
    onClose();
  });
  const cancel = () => {
    close.reset();
    onClose();
  };
  return (
    <Overlay title={words.closing.title} isOpen={incident !== null} onClose={cancel} isWide>
      {incident && (
        <CodeForm
          codes={CAUSES.map((id) => ({ id, name: words.causes[id], hint: words.causeHints[id] }))}
          words={words.closing}
          isPending={close.isPending}
          error={close.error}
          onSubmit={(cause, note) =>
            close.mutate({ incident, change: { to: 'closed', cause, ...(note === '' ? {} : { note }) } })
          }
          onCancel={cancel}
        >
          <IncidentName incident={incident} />
        </CodeForm>
      )}
    </Overlay>
  );
}
