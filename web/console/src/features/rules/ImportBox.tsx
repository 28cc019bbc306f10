/// Bringing in a pack: a zip, chosen or dropped, a name, and on to its preview. Nothing is in force yet.
import { PackagePlus, Upload } from 'lucide-react';
import { useState, type FormEvent, type ReactNode } from 'react';
import { FileTrigger, Input, Label, TextField } from 'react-aria-components';
import { useNavigate } from 'react-router';
import { ApiError } from '../../lib/client';
import { bytes } from '../../lib/format';
import { useSpeech, type Dictionary } from '../../lib/i18n/i18n';
import { problemText } from '../../lib/problem';
import { Button } from '../../ui/Button';
import { Text } from '../../ui/Text';
import { isPackName, packNameOf } from './packName';
import { useRuleChange } from './useRules';

interface Chosen {
  file: File;
  name: string;
}

export function ImportBox(): ReactNode {
  const { text } = useSpeech();
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [isNoZip, setNoZip] = useState(false);
  const [isOver, setOver] = useState(false);
  const take = (file: File | undefined) => {
    if (file === undefined) return;
    const isZip = /\.zip$/i.test(file.name);
    setNoZip(!isZip);
    setChosen(isZip ? { file, name: packNameOf(file.name) } : null);
  };
  return (
    <section aria-label={text.packs.import}>
      {/* Dropping is for the mouse; the button does the same for everybody. */}
      <div
        className="drop"
        data-drop-target={isOver || undefined}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          take(event.dataTransfer.files[0]);
        }}
      >
        <PackagePlus size={22} strokeWidth={1.5} aria-hidden="true" />
        <span>{text.packs.drop}</span>
        <FileTrigger acceptedFileTypes={['.zip', 'application/zip']} onSelect={(files) => take(files?.[0])}>
          <Button>{chosen === null ? text.packs.choose : text.packs.another}</Button>
        </FileTrigger>
        {isNoZip && (
          <span className="field-error" role="alert">
            {text.packs.notZip}
          </span>
        )}
      </div>
      {chosen !== null && (
        <SendForm
          key={`${chosen.file.name}-${String(chosen.file.lastModified)}`}
          chosen={chosen}
          onName={(name) => setChosen({ ...chosen, name })}
          onCancel={() => setChosen(null)}
        />
      )}
    </section>
  );
}

function SendForm(props: {
  chosen: Chosen;
  onName: (name: string) => void;
  onCancel: () => void;
}): ReactNode {
  const { text, language } = useSpeech();
  const navigate = useNavigate();
  const { file, name } = props.chosen;
  const send = useRuleChange(
    (client) => client.importRules(name, file.name, file),
    ({ id }) => void navigate(`/rules/imports/${encodeURIComponent(id)}`),
  );
  const isReady = isPackName(name) && !send.isPending;
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady) send.mutate(undefined);
  };
  return (
    <form className="send" onSubmit={onSubmit}>
      <p>
        <span className="mono">
          <Text value={file.name} mayBreak />
        </span>{' '}
        <span className="dim">{bytes(file.size, language)}</span>
      </p>
      <TextField className="field" value={name} onChange={props.onName} isRequired isInvalid={name !== '' && !isPackName(name)}>
        <Label>{text.packs.packName}</Label>
        <Input className="input mono" maxLength={64} />
      </TextField>
      <p className={name === '' || isPackName(name) ? 'field-hint' : 'field-error'}>{text.packs.packNameHint}</p>
      {send.isError && (
        <p className="field-error" role="alert">
          {sendProblem(send.error, text)}
        </p>
      )}
      <div className="send-foot">
        <Button type="submit" look="primary" isDisabled={!isReady}>
          <Upload size={14} aria-hidden="true" />
          {send.isPending ? text.packs.uploading : text.packs.upload}
        </Button>
        <Button onPress={props.onCancel}>{text.app.cancel}</Button>
      </div>
    </form>
  );
}

function sendProblem(error: Error, text: Dictionary): string {
  if (error instanceof ApiError && error.status === 413) return text.packs.tooLarge;
  return problemText(error, text).message;
}
