/// Adding values: a field for many lines, why, and what was refused with its line.
import { useState, type FormEvent, type ReactNode } from 'react';
import { Input, Label, TextArea, TextField } from 'react-aria-components';
import type { AddedEntries, IntelList } from '../../lib/api';
import { number } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { intelReason, problemText } from '../../lib/problem';
import { Button } from '../../ui/Button';
import { Overlay } from '../../ui/Overlay';
import { Text } from '../../ui/Text';
import { useToast } from '../../ui/Toasts';
import { useIntelChange } from './useIntel';

export function AddDialog(props: { list: IntelList; isOpen: boolean; onClose: () => void }): ReactNode {
  const { text } = useSpeech();
  return (
    <Overlay title={text.intel.add} isOpen={props.isOpen} onClose={props.onClose} isWide>
      <AddForm list={props.list} onClose={props.onClose} />
    </Overlay>
  );
}

function AddForm({ list, onClose }: { list: IntelList; onClose: () => void }): ReactNode {
  const { text, language } = useSpeech();
  const toast = useToast();
  const [values, setValues] = useState('');
  const [comment, setComment] = useState('');
  const [told, setTold] = useState<AddedEntries | null>(null);
  const add = useIntelChange(
    (client) => client.addIntelEntries(list.id, { values, comment: comment.trim() }),
    (answer) => {
      if (answer.added > 0) toast({ message: text.intel.added(number(answer.added, language)) });
      if (answer.refused === 0) onClose();
      else setTold(answer);
    },
  );
  const isReady = values.trim() !== '' && comment.trim() !== '';
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady && !add.isPending) add.mutate(undefined);
  };
  return (
    <form className="dialog-form" onSubmit={onSubmit}>
      <TextField className="field" value={values} onChange={setValues} isRequired autoFocus>
        <Label>{text.intel.values}</Label>
        <TextArea className="input mono" rows={10} spellCheck="false" />
      </TextField>
      <p className="field-hint">{text.intel.valuesHint}</p>
      <TextField className="field" value={comment} onChange={setComment} isRequired>
        <Label>{text.intel.why}</Label>
        <Input className="input" maxLength={500} />
      </TextField>
      {told !== null && (
        <div className="field-error" role="alert">
          <p>{text.intel.refused(number(told.refused, language))}</p>
          <ol className="intel-told">
            {told.problems.map((problem, at) => (
              <li key={at}>
                {problem.line !== null && text.intel.line(String(problem.line))} <Text value={intelReason(problem.reason, text)} />
              </li>
            ))}
          </ol>
        </div>
      )}
      {add.isError && (
        <p className="field-error" role="alert">
          {problemText(add.error, text).message}
        </p>
      )}
      <div className="dialog-foot">
        <p className="field-hint">{text.intel.huntHint}</p>
        <Button onPress={onClose}>{told === null ? text.app.cancel : text.app.close}</Button>
        <Button type="submit" look="primary" isDisabled={!isReady || add.isPending}>
          {text.intel.add}
        </Button>
      </div>
    </form>
  );
}
