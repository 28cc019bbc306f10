/// Making an empty list: an id for paths and rules, a name for people, how bad a match is.
import { useState, type FormEvent, type ReactNode } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import { useNavigate } from 'react-router';
import { LEVELS, type Level } from '../../lib/api';
import { useText } from '../../lib/i18n/i18n';
import { problemText } from '../../lib/problem';
import { Button } from '../../ui/Button';
import { Choice } from '../../ui/Choice';
import { Overlay } from '../../ui/Overlay';
import { useIntelChange } from './useIntel';

export function NewListDialog(props: { isOpen: boolean; onClose: () => void }): ReactNode {
  const text = useText();
  return (
    <Overlay title={text.intel.make} isOpen={props.isOpen} onClose={props.onClose}>
      <NewListForm onClose={props.onClose} />
    </Overlay>
  );
}

function NewListForm({ onClose }: { onClose: () => void }): ReactNode {
  const text = useText();
  const navigate = useNavigate();
  const [id, setId] = useState('');
  const [name, setName] = useState('');
  const [source, setSource] = useState('');
  const [level, setLevel] = useState<Level>('high');
  const make = useIntelChange(
    (client) => client.makeIntelList({ id, name: name || id, source: source || name || id, level }),
    () => {
      onClose();
      void navigate(`/intel/${encodeURIComponent(id)}`);
    },
  );
  const isId = /^[a-z0-9][a-z0-9-]{0,63}$/.test(id);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (isId && !make.isPending) make.mutate(undefined);
  };
  return (
    <form className="dialog-form" onSubmit={onSubmit}>
      <TextField className="field" value={id} onChange={setId} isRequired autoFocus>
        <Label>{text.intel.id}</Label>
        <Input className="input mono" maxLength={64} />
      </TextField>
      <p className={id === '' || isId ? 'field-hint' : 'field-error'}>{text.intel.idHint}</p>
      <TextField className="field" value={name} onChange={setName}>
        <Label>{text.intel.name}</Label>
        <Input className="input" maxLength={200} />
      </TextField>
      <TextField className="field" value={source} onChange={setSource}>
        <Label>{text.intel.source}</Label>
        <Input className="input" maxLength={200} />
      </TextField>
      <div className="field">
        <span className="field-label">{text.intel.level}</span>
        <Choice
          label={text.intel.level}
          value={level}
          options={LEVELS.map((each) => ({ id: each, name: text.level[each] }))}
          onChange={(chosen) => setLevel(chosen as Level)}
        />
      </div>
      {make.isError && (
        <p className="field-error" role="alert">
          {problemText(make.error, text).message}
        </p>
      )}
      <div className="dialog-foot">
        <Button onPress={onClose}>{text.app.cancel}</Button>
        <Button type="submit" look="primary" isDisabled={!isId || make.isPending}>
          {text.intel.make}
        </Button>
      </div>
    </form>
  );
}
