/// A note on an incident, without another step.
import { useState, type FormEvent, type ReactNode } from 'react';
import { Label, TextArea, TextField } from 'react-aria-components';
import { useText } from '../../lib/i18n/i18n';
import type { Incident } from '../../lib/incidents';
import { problemText } from '../../lib/problem';
import { Button } from '../../ui/Button';
import { Overlay } from '../../ui/Overlay';
import { useToast } from '../../ui/Toasts';
import { IncidentName } from './IncidentName';
import { useIncidentChange } from './useIncidents';

export function NoteDialog({ incident, onClose }: { incident: Incident | null; onClose: () => void }): ReactNode {
  const text = useText();
  return (
    <Overlay title={text.incidents.noting.title} isOpen={incident !== null} onClose={onClose}>
      {incident && <NoteForm incident={incident} onClose={onClose} />}
    </Overlay>
  );
}

function NoteForm({ incident, onClose }: { incident: Incident; onClose: () => void }): ReactNode {
  const text = useText();
  const toast = useToast();
  const words = text.incidents.noting;
  const [note, setNote] = useState('');
  const write = useIncidentChange(() => {
    toast({ message: words.done });
    onClose();
  });
  const isReady = note.trim() !== '' && !write.isPending;
  const submit = () => {
    if (isReady) write.mutate({ incident, change: { note: note.trim() } });
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    submit();
  };
  return (
    <form className="dialog-form" onSubmit={onSubmit}>
      <IncidentName incident={incident} />
      <TextField
        className="field"
        value={note}
        onChange={setNote}
        isRequired
        autoFocus
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit();
        }}
      >
        <Label>{words.label}</Label>
        <TextArea className="input" rows={5} />
      </TextField>
      {write.isError && (
        <p className="field-error" role="alert">
          {problemText(write.error, text).message}
        </p>
      )}
      <div className="dialog-foot">
        <Button onPress={onClose}>{text.app.cancel}</Button>
        <Button type="submit" look="primary" isDisabled={!isReady}>
          {words.submit}
        </Button>
      </div>
    </form>
  );
}
