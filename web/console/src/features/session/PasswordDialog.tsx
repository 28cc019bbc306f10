/// Changing the own password: the current one, the new one twice.
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import { ApiError } from '../../lib/client';
import { useClient } from '../../lib/context';
import { useText, type Dictionary } from '../../lib/i18n/i18n';
import { problemText } from '../../lib/problem';
import { Button } from '../../ui/Button';
import { Overlay } from '../../ui/Overlay';
import { useToast } from '../../ui/Toasts';
import { MIN_PASSWORD_CHARS, missing, type Missing } from './password';

export function PasswordDialog(props: { isOpen: boolean; onClose: () => void }): ReactNode {
  const text = useText();
  return (
    <Overlay title={text.app.changePassword} isOpen={props.isOpen} onClose={props.onClose}>
      <PasswordForm onClose={props.onClose} />
    </Overlay>
  );
}

export function PasswordForm({ onClose }: { onClose: () => void }): ReactNode {
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
  const lacks = missing({ current, next, again });
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (lacks === null && !change.isPending) change.mutate();
  };
  return (
    <form className="dialog-form" onSubmit={onSubmit}>
      <Secret label={text.session.current} value={current} onChange={setCurrent} name="current-password" />
      <Secret label={text.session.next} value={next} onChange={setNext} name="new-password" />
      <p className="field-hint">{text.session.passwordHint(String(MIN_PASSWORD_CHARS))}</p>
      <Secret label={text.session.again} value={again} onChange={setAgain} name="new-password" />
      {change.isError && (
        <p className="field-error" role="alert">
          {refusal(change.error, text)}
        </p>
      )}
      <div className="dialog-foot">
        <p id="password-lacks" className={lacks?.what === 'mismatch' ? 'field-error' : 'field-hint'} aria-live="polite">
          {lacks !== null && lacksText(lacks, text)}
        </p>
        <Button onPress={onClose}>{text.app.cancel}</Button>
        <Button
          type="submit"
          look="primary"
          isDisabled={lacks !== null || change.isPending}
          aria-describedby="password-lacks"
        >
          {text.session.save}
        </Button>
      </div>
    </form>
  );
}

function lacksText(lacks: Missing, text: Dictionary): string {
  const words = text.session.missing;
  return lacks.what === 'tooShort' ? words.tooShort(String(lacks.chars)) : words[lacks.what];
}

/** Nobody doubts the user name here. */
function refusal(error: Error, text: Dictionary): string {
  const isWrong = error instanceof ApiError && error.code === 'bad_credentials';
  return isWrong ? text.session.wrongCurrent : problemText(error, text).message;
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
