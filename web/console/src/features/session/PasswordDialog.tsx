/// Changing the own password: the current one, the new one twice.
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import { useClient } from '../../lib/context';
import { useText } from '../../lib/i18n/i18n';
import { problemText } from '../../lib/problem';
import { Button } from '../../ui/Button';
import { Overlay } from '../../ui/Overlay';
import { useToast } from '../../ui/Toasts';

export function PasswordDialog(props: { isOpen: boolean; onClose: () => void }): ReactNode {
  const text = useText();
  return (
    <Overlay title={text.app.changePassword} isOpen={props.isOpen} onClose={props.onClose}>
      <PasswordForm onClose={props.onClose} />
    </Overlay>
  );
}

function PasswordForm({ onClose }: { onClose: () => void }): ReactNode {
  const text = useText();
  const client = useClient();
  const toast = useToast();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [again, setAgain] = useState('');
  const change = useMutation({
    mutationFn: () => client.changePassword(current, next),
    onSuccess: () => {
      toast({ message: text.session.changed });
      onClose();
    },
  });
  const isMismatch = again !== '' && next !== again;
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (next === again) change.mutate();
  };
  return (
    <form className="dialog-form" onSubmit={onSubmit}>
      <Secret label={text.session.current} value={current} onChange={setCurrent} name="current-password" />
      <Secret label={text.session.next} value={next} onChange={setNext} name="new-password" />
      <p className="field-hint">{text.session.passwordHint}</p>
      <Secret label={text.session.again} value={again} onChange={setAgain} name="new-password" />
      {isMismatch && <p className="field-error">{text.session.mismatch}</p>}
      {change.isError && (
        <p className="field-error" role="alert">
          {problemText(change.error, text).message}
        </p>
      )}
      <div className="dialog-foot">
        <Button onPress={onClose}>{text.app.cancel}</Button>
        <Button
          type="submit"
          look="primary"
          isDisabled={current === '' || next === '' || next !== again || change.isPending}
        >
          {text.session.save}
        </Button>
      </div>
    </form>
  );
}

function Secret(props: {
  label: string;
  value: string;
  name: 'current-password' | 'new-password';
  onChange: (value: string) => void;
}): ReactNode {
  return (
    <TextField
      className="field"
      type="password"
      value={props.value}
      onChange={props.onChange}
      autoComplete={props.name}
      isRequired
    >
      <Label>{props.label}</Label>
      <Input className="input" />
    </TextField>
  );
}
