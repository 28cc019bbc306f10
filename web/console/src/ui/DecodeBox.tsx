/// What an encoded value says, beside it: for a value on a page, or one that is pasted.
import { Binary } from 'lucide-react';
import { useEffect, useState, type ReactNode } from 'react';
import { Label, TextArea, TextField } from 'react-aria-components';
import { MOST_IN, MOST_OUT, decode, isDecodable, type Decoded } from '../lib/decode';
import { bytes } from '../lib/format';
import { useSpeech, useText } from '../lib/i18n/i18n';
import { visibleLines } from '../lib/visible';
import { Button } from './Button';
import { CopyButton } from './CopyButton';
import { Overlay } from './Overlay';

/** Stands beside values that look encoded. */
export function DecodeButton({ value }: { value: string }): ReactNode {
  const { decode: words } = useText();
  const [isOpen, setOpen] = useState(false);
  if (!isDecodable(value)) return null;
  return (
    <>
      <Button look="quiet" isIcon aria-label={words.action} onPress={() => setOpen(true)}>
        <Binary size={13} aria-hidden="true" />
      </Button>
      <DecodeDialog value={value} isOpen={isOpen} onClose={() => setOpen(false)} />
    </>
  );
}

export function DecodeDialog(props: { value: string; isOpen: boolean; onClose: () => void }): ReactNode {
  const text = useText();
  return (
    <Overlay title={text.decode.title} isOpen={props.isOpen} onClose={props.onClose} isWide>
      {props.isOpen && <DecodeBox value={props.value} />}
      <div className="dialog-foot">
        <Button onPress={props.onClose}>{text.app.close}</Button>
      </div>
    </Overlay>
  );
}

export function DecodeBox({ value }: { value: string }): ReactNode {
  const { text, language } = useSpeech();
  const words = text.decode;
  const [typed, setTyped] = useState(value);
  const [found, setFound] = useState<readonly Decoded[] | null>(null);
  useEffect(() => {
    let isCurrent = true;
    const set = (next: Decoded[]) => {
      if (isCurrent) setFound(next);
    };
    void decode(typed).then(set, () => set([]));
    return () => {
      isCurrent = false;
    };
  }, [typed]);
  const isTooLong = typed.length > MOST_IN;
  return (
    <div className="dialog-form">
      <TextField className="field" value={typed} onChange={setTyped} autoFocus>
        <Label>{words.input}</Label>
        <TextArea className="input mono" rows={4} placeholder={words.hint} spellCheck="false" />
      </TextField>
      {isTooLong && <p className="field-error">{words.tooLong(bytes(MOST_IN, language))}</p>}
      {found?.length === 0 && typed.trim() !== '' && <p className="dim">{words.none}</p>}
      {found?.map((reading) => (
        <section key={reading.steps.join(' ')}>
          <h3 className="decode-steps">
            {reading.steps.map((step) => words.steps[step]).join(' → ')} <CopyButton value={reading.text} />
          </h3>
          {reading.isBinary && <p className="field-hint">{words.binary}</p>}
          {reading.isTruncated && <p className="field-hint">{words.truncated(bytes(MOST_OUT, language))}</p>}
          <pre className="raw decode-text" tabIndex={0}>
            {visibleLines(reading.text)}
          </pre>
        </section>
      ))}
    </div>
  );
}
