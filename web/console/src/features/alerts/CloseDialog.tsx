/// Closing needs a verdict: keys 1 to 4, a note if there is something to say, Enter.
import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { Label, Radio, RadioGroup, TextArea, TextField } from 'react-aria-components';
import { VERDICTS, type AlertRow, type Verdict } from '../../lib/api';
import { useText } from '../../lib/i18n/i18n';
import { Button } from '../../ui/Button';
import { SeverityMark } from '../../ui/Marks';
import { Overlay } from '../../ui/Overlay';
import { RuleTitle } from '../../ui/RuleTitle';
import type { Target } from './useChange';

export function CloseDialog(props: {
  alert: AlertRow | null;
  onCancel: () => void;
  onClose: (target: Target) => void;
}): ReactNode {
  const text = useText();
  return (
    <Overlay title={text.closeDialog.title} isOpen={props.alert !== null} onClose={props.onCancel}>
      {props.alert && <CloseForm alert={props.alert} onCancel={props.onCancel} onClose={props.onClose} />}
    </Overlay>
  );
}

function CloseForm(props: {
  alert: AlertRow;
  onCancel: () => void;
  onClose: (target: Target) => void;
}): ReactNode {
  const text = useText();
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const [note, setNote] = useState('');
  // The keys work from here; no verdict has the focus before one is chosen.
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => frame.current?.focus(), []);
  const submit = () => {
    if (verdict) props.onClose({ state: 'closed', verdict, ...(note.trim() ? { note: note.trim() } : {}) });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const isNote = event.target instanceof HTMLTextAreaElement;
    const isButton = event.target instanceof HTMLButtonElement;
    const chosen = isNote ? undefined : VERDICTS[Number(event.key) - 1];
    if (chosen) setVerdict(chosen);
    else if (event.key === 'Enter' && !isButton && (!isNote || event.ctrlKey || event.metaKey)) submit();
    else return;
    event.preventDefault();
  };
  return (
    <div ref={frame} className="dialog-form" tabIndex={-1} onKeyDownCapture={onKeyDown}>
      <p className="close-what">
        <SeverityMark level={props.alert.rule.level} />
        <RuleTitle rule={props.alert.rule} />
      </p>
      <RadioGroup
        className="verdicts"
        value={verdict}
        onChange={(value) => setVerdict(value as Verdict)}
        aria-label={text.closeDialog.verdict}
      >
        {VERDICTS.map((name, at) => (
          <Radio key={name} value={name} className="verdict">
            <kbd>{at + 1}</kbd>
            <span>
              <strong>{text.verdict[name]}</strong>
              <span className="field-hint">{text.verdictHint[name]}</span>
            </span>
          </Radio>
        ))}
      </RadioGroup>
      <TextField className="field" value={note} onChange={setNote}>
        <Label>{text.closeDialog.note}</Label>
        <TextArea className="input" rows={3} placeholder={text.closeDialog.noteHint} />
      </TextField>
      <p className="field-hint">{text.closeDialog.keys}</p>
      <div className="dialog-foot">
        <Button onPress={props.onCancel}>{text.app.cancel}</Button>
        <Button look="primary" isDisabled={verdict === null} onPress={submit}>
          {text.closeDialog.submit}
        </Button>
      </div>
    </div>
  );
}
