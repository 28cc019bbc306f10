/// How bad an incident is, where one is with it, whether it is put off.
import { AlarmClock, RotateCcw } from 'lucide-react';
import type { ReactNode } from 'react';
import { useNow } from '../../lib/clock';
import { shortTime } from '../../lib/format';
import { useText } from '../../lib/i18n/i18n';
import type { Incident } from '../../lib/incidents';
import { StateMark } from '../../ui/Marks';
import { isSnoozed } from './snooze';

/** The state; what else there is to say of it below. */
export function IncidentState({ incident }: { incident: Incident }): ReactNode {
  const text = useText();
  const now = useNow();
  const { count, snoozed_until: until, cause, state } = incident;
  return (
    <>
      <StateMark state={state} />
      {state === 'closed' && cause !== null && <span className="dim">{text.incidents.causes[cause]}</span>}
      {state !== 'closed' && until !== null && isSnoozed(incident, now) && (
        <span className="mark dim">
          <AlarmClock size={12} aria-hidden="true" />
          {text.incidents.snoozed(shortTime(until, now))}
        </span>
      )}
      {count > 0 && (
        <span className="mark dim">
          <RotateCcw size={12} aria-hidden="true" />
          {text.incidents.reopened(String(count))}
        </span>
      )}
    </>
  );
}
