/// Putting an incident off: it stays open, but reminds nobody until then.
import { useState, type FormEvent, type ReactNode } from 'react';
import { useNow } from '../../lib/clock';
import { dateTime } from '../../lib/format';
import { useText, type Dictionary } from '../../lib/i18n/i18n';
import type { Incident } from '../../lib/incidents';
import { problemText } from '../../lib/problem';
import { Button } from '../../ui/Button';
import { Overlay } from '../../ui/Overlay';
import { useToast } from '../../ui/Toasts';
import { IncidentName } from './IncidentName';
import { SNOOZE_STEPS, isSnoozed, snoozeUntil, type SnoozeStep } from './snooze';
import { useIncidentChange } from './useIncidents';

export function SnoozeDialog({ incident, onClose }: { incident: Incident | null; onClose: () => void }): ReactNode {
  const text = useText();
  return (
    <Overlay title={text.incidents.snoozing.title} isOpen={incident !== null} onClose={onClose}>
      {incident && <SnoozeForm incident={incident} onClose={onClose} />}
    </Overlay>
  );
}

function SnoozeForm({ incident, onClose }: { incident: Incident; onClose: () => void }): ReactNode {
  const text = useText();
  const toast = useToast();
  const now = useNow();
  const words = text.incidents.snoozing;
  const [step, setStep] = useState<SnoozeStep>('4h');
  const [typed, setTyped] = useState('');
  const snooze = useIncidentChange((_after, { change }) => {
    toast({ message: change.snooze_until === null ? words.ended : words.done });
    onClose();
  });
  const until = snoozeUntil(step, typed, now);
  const isBad = step === 'moment' && typed.trim() !== '' && until === null;
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const at = snoozeUntil(step, typed, Date.now());
    if (at !== null && !snooze.isPending) snooze.mutate({ incident, change: { snooze_until: at } });
  };
  return (
    <form className="dialog-form" onSubmit={onSubmit}>
      <IncidentName incident={incident} />
      <p className="field-hint">{words.hint}</p>
      <fieldset className="choices">
        <legend className="field-label">{words.label}</legend>
        {SNOOZE_STEPS.map((each) => (
          <label key={each} className="check">
            <input type="radio" name="snooze" checked={step === each} onChange={() => setStep(each)} autoFocus={each === step} />
            {stepText(each, words)}
          </label>
        ))}
        {step === 'moment' && (
          <input
            className="input mono snooze-moment"
            aria-label={words.moment}
            aria-invalid={isBad}
            placeholder="31/12/2026 07:00"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        )}
      </fieldset>
      <p className={isBad ? 'field-error' : 'field-hint'}>
        {isBad ? words.bad : until === null ? words.format : words.until(dateTime(until))}
      </p>
      {snooze.isError && (
        <p className="field-error" role="alert">
          {problemText(snooze.error, text).message}
        </p>
      )}
      <div className="dialog-foot">
        {isSnoozed(incident, now) && (
          <Button isDisabled={snooze.isPending} onPress={() => snooze.mutate({ incident, change: { snooze_until: null } })}>
            {words.end}
          </Button>
        )}
        <Button onPress={onClose}>{text.app.cancel}</Button>
        <Button type="submit" look="primary" isDisabled={until === null || snooze.isPending}>
          {words.submit}
        </Button>
      </div>
    </form>
  );
}

function stepText(step: SnoozeStep, words: Dictionary['incidents']['snoozing']): string {
  if (step === 'moment') return words.moment;
  return step.endsWith('h') ? words.hours(step.slice(0, -1)) : words.days(step.slice(0, -1));
}
