/// Publishing an update: the signed file, for which sites, how many sensors at once.
import { FileUp } from 'lucide-react';
import { useState, type FormEvent, type ReactNode } from 'react';
import { FileTrigger, Input, Label, TextField } from 'react-aria-components';
import { bytes } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { problemText } from '../../lib/problem';
import { Button } from '../../ui/Button';
import { Overlay } from '../../ui/Overlay';
import { Text } from '../../ui/Text';
import { useToast } from '../../ui/Toasts';
import { SiteGrant } from './SiteGrant';
import { useSensorChange } from './useSensors';

export function PublishDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }): ReactNode {
  const { text } = useSpeech();
  return (
    <Overlay title={text.updates.publish} isOpen={isOpen} onClose={onClose} isWide>
      <PublishForm onClose={onClose} />
    </Overlay>
  );
}

function PublishForm({ onClose }: { onClose: () => void }): ReactNode {
  const { text, language } = useSpeech();
  const words = text.updates;
  const toast = useToast();
  const [file, setFile] = useState<File | null>(null);
  const [sites, setSites] = useState<readonly string[]>([]);
  const [typed, setTyped] = useState('1');
  const atOnce = /^[1-9]\d{0,2}$/.test(typed) && Number(typed) <= 100 ? Number(typed) : null;
  const publish = useSensorChange(
    (client, given: { file: File; atOnce: number }) => client.publishUpdate({ ...given, sites, sensors: [] }),
    (made) => {
      toast({ message: words.sent(made.version) });
      onClose();
    },
  );
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (file !== null && atOnce !== null && !publish.isPending) publish.mutate({ file, atOnce });
  };
  return (
    <form className="dialog-form" onSubmit={onSubmit}>
      <p>{words.hint}</p>
      <div className="csv-file">
        <FileTrigger onSelect={(files) => setFile(files?.[0] ?? null)}>
          <Button look={file === null ? 'primary' : 'plain'}>
            <FileUp size={14} aria-hidden="true" />
            {file === null ? words.choose : words.another}
          </Button>
        </FileTrigger>
        {file !== null && (
          <span>
            <span className="mono">
              <Text value={file.name} mayBreak />
            </span>{' '}
            <span className="dim">{bytes(file.size, language)}</span>
          </span>
        )}
      </div>
      <SiteGrant chosen={sites} onChange={setSites} />
      <p className="field-hint">{words.all}</p>
      <TextField className="field sensor-hours" value={typed} onChange={setTyped} isRequired>
        <Label>{words.atOnce}</Label>
        <Input className="input" inputMode="numeric" maxLength={3} />
      </TextField>
      <p className={atOnce === null ? 'field-error' : 'field-hint'}>{words.atOnceHint}</p>
      {publish.isError && (
        <p className="field-error" role="alert">
          {problemText(publish.error, text).message}
        </p>
      )}
      <div className="dialog-foot">
        <Button onPress={onClose}>{text.app.cancel}</Button>
        <Button type="submit" look="primary" isDisabled={file === null || atOnce === null || publish.isPending}>
          {words.send}
        </Button>
      </div>
    </form>
  );
}
