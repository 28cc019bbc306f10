/// Ending something with one of a few codes: a digit chooses, a note if there is something to say, Enter.
import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { Label, Radio, RadioGroup, TextArea, TextField } from 'react-aria-components';
import { useText } from '../lib/i18n/i18n';
import { problemText } from '../lib/problem';
import { Button } from './Button';

export interface Code<Id extends string> {
  id: Id;
  name: string;
  hint: string;
}

export interface Ending {
  label: string;
  note: string;
  noteHint: string;
  keys: string;
  submit: string;
}

export function CodeForm<Id extends string>(props: {
  codes: readonly Code<Id>[];
  words: Ending;
  isPending?: boolean;
  error?: Error | null;
  onSubmit: (code: Id, note: string) => void;
  onCancel: () => void;
  children: ReactNode;
}): ReactNode {
  const text = useText();
  const { codes, words } = props;
  const [code, setCode] = useState<Id | null>(null);
  const [note, setNote] = useState('');
  // The keys work from here; no code has the focus before one is chosen.
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => frame.current?.focus(), []);
  const submit = () => {
    if (code !== null && props.isPending !== true) props.onSubmit(code, note.trim());
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const isNote = event.target instanceof HTMLTextAreaElement;
    const isButton = event.target instanceof HTMLButtonElement;
    const chosen = isNote ? undefined : codes[Number(event.key) - 1];
    if (chosen) setCode(chosen.id);
    else if (event.key === 'Enter' && !isButton && (!isNote || event.ctrlKey || event.metaKey)) submit();
    else return;
    event.preventDefault();
  };
  return (
    <div ref={frame} className="dialog-form" tabIndex={-1} onKeyDownCapture={onKeyDown}>
      {props.children}
      <RadioGroup className="picks" value={code} onChange={(value) => setCode(value as Id)} aria-label={words.label}>
        {codes.map(({ id, name, hint }, at) => (
          <Radio key={id} value={id} className="pick">
            <kbd>{at + 1}</kbd>
            <span>
              <strong>{name}</strong>
              <span className="field-hint">{hint}</span>
            </span>
          </Radio>
        ))}
      </RadioGroup>
      <TextField className="field" value={note} onChange={setNote}>
        <Label>{words.note}</Label>
        <TextArea className="input" rows={3} placeholder={words.noteHint} />
      </TextField>
      <p className="field-hint">{words.keys}</p>
      {props.error && (
        <p className="field-error" role="alert">
          {problemText(props.error, text).message}
        </p>
      )}
      <div className="dialog-foot">
        <Button onPress={props.onCancel}>{text.app.cancel}</Button>
        <Button look="primary" isDisabled={code === null || props.isPending === true} onPress={submit}>
          {words.submit}
        </Button>
      </div>
    </div>
  );
}
