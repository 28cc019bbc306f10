/// A step that needs a reason that others will read: what happens, why, and the button.
import { useState, type FormEvent, type ReactNode } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import { useText } from '../lib/i18n/i18n';
import { problemText } from '../lib/problem';
import { Button } from './Button';
import { Overlay } from './Overlay';

const MAX_WHY = 500;

interface Step {
  title: string;
  /** The word on the button; the title when it says it as well. */
  submit?: string;
  isPending: boolean;
  error: Error | null;
  onSubmit: (why: string) => void;
  onClose: () => void;
  children: ReactNode;
}

export function WhyDialog(props: Step & { isOpen: boolean }): ReactNode {
  return (
    <Overlay title={props.title} isOpen={props.isOpen} onClose={props.onClose} role="alertdialog">
      {props.isOpen && <WhyForm {...props} />}
    </Overlay>
  );
}

function WhyForm(props: Step): ReactNode {
  const text = useText();
  const [why, setWhy] = useState('');
  const isReady = why.trim() !== '' && !props.isPending;
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady) props.onSubmit(why.trim());
  };
  return (
    <form className="dialog-form" onSubmit={onSubmit}>
      {props.children}
      <WhyField value={why} onChange={setWhy} autoFocus />
      {props.error && (
        <p className="field-error" role="alert">
          {problemText(props.error, text).message}
        </p>
      )}
      <div className="dialog-foot">
        <Button onPress={props.onClose}>{text.app.cancel}</Button>
        <Button type="submit" look="primary" isDisabled={!isReady}>
          {props.submit ?? props.title}
        </Button>
      </div>
    </form>
  );
}

/** Why: always asked, always kept. */
export function WhyField(props: { value: string; onChange: (why: string) => void; autoFocus?: boolean }): ReactNode {
  const text = useText();
  return (
    <TextField className="field" value={props.value} onChange={props.onChange} isRequired autoFocus={props.autoFocus === true}>
      <Label>{text.why.label}</Label>
      <Input className="input" maxLength={MAX_WHY} placeholder={text.why.hint} />
    </TextField>
  );
}
