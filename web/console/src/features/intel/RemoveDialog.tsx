/// Taking an entry out of a list, with the reason that others will read.
import { useState, type FormEvent, type ReactNode } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import type { IntelEntryRow } from '../../lib/api';
import { useText } from '../../lib/i18n/i18n';
import { problemText } from '../../lib/problem';
import { Button } from '../../ui/Button';
import { Overlay } from '../../ui/Overlay';
import { Text } from '../../ui/Text';
import { useToast } from '../../ui/Toasts';
import { useIntelChange } from './useIntel';

export function RemoveDialog(props: { id: string; entry: IntelEntryRow | null; onClose: () => void }): ReactNode {
  const text = useText();
  return (
    <Overlay title={text.intel.remove} isOpen={props.entry !== null} onClose={props.onClose} role="alertdialog">
      {props.entry && <RemoveForm id={props.id} entry={props.entry} onClose={props.onClose} />}
    </Overlay>
  );
}

function RemoveForm(props: { id: string; entry: IntelEntryRow; onClose: () => void }): ReactNode {
  const text = useText();
  const toast = useToast();
  const [why, setWhy] = useState('');
  const { entry } = props;
  const remove = useIntelChange(
    (client) => client.removeIntelEntry(props.id, { value: entry.value, kind: entry.kind, why: why.trim() }),
    () => {
      toast({ message: text.intel.removed });
      props.onClose();
    },
  );
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (why.trim() !== '' && !remove.isPending) remove.mutate(undefined);
  };
  return (
    <form className="dialog-form" onSubmit={onSubmit}>
      <p className="mono">
        <Text value={entry.value} mayBreak />
      </p>
      <p className="field-hint">{text.intel.removeHint}</p>
      <TextField className="field" value={why} onChange={setWhy} isRequired autoFocus>
        <Label>{text.intel.why}</Label>
        <Input className="input" maxLength={500} />
      </TextField>
      {remove.isError && (
        <p className="field-error" role="alert">
          {problemText(remove.error, text).message}
        </p>
      )}
      <div className="dialog-foot">
        <Button onPress={props.onClose}>{text.app.cancel}</Button>
        <Button type="submit" look="primary" isDisabled={why.trim() === '' || remove.isPending}>
          {text.intel.remove}
        </Button>
      </div>
    </form>
  );
}
