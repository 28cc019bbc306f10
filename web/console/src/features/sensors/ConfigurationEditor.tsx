/// Writing a configuration: TOML with line numbers, a reason, and what the centre makes of it.
import { FilePlus2 } from 'lucide-react';
import { useEffect, useId, useRef, useState, type FormEvent, type ReactNode } from 'react';
import type { ConfigurationVersion, MadeConfiguration, Sensor } from '../../lib/api';
import { useSites } from '../../lib/context';
import { useText } from '../../lib/i18n/i18n';
import { visibleLines } from '../../lib/visible';
import { Button } from '../../ui/Button';
import { Notice } from '../../ui/Notice';
import { Text } from '../../ui/Text';
import { useToast } from '../../ui/Toasts';
import { WhyField } from '../../ui/WhyDialog';
import { exampleSource, lineOf, lineSpan, refusalOf } from './configuration';
import { useSensorChange } from './useSensors';

/** What the editor begins with. */
export interface Seed {
  text: string;
  /** The earlier version that it is, or null when it is the newest. */
  from: number | null;
  /** The newest version when it was opened. */
  base: number;
  /** Another one begins anew. */
  key: number;
}

interface Given {
  sensor: Sensor;
  seed: Seed;
  newest: ConfigurationVersion | undefined;
  onClose: () => void;
}

export function ConfigurationEditor({ sensor, seed, newest, onClose }: Given): ReactNode {
  const text = useText();
  const words = text.configuration;
  const toast = useToast();
  const { sites } = useSites();
  const [config, setConfig] = useState(seed.text);
  const [why, setWhy] = useState('');
  const [base, setBase] = useState(seed.base);
  const [made, setMade] = useState<MadeConfiguration | null>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  const send = useSensorChange(
    (client) => client.configureSensor(sensor.name, { config, why: why.trim() }),
    (told) => {
      toast({ message: words.sent(String(told.version)) });
      if (told.unknown.length === 0) {
        onClose();
        return;
      }
      setMade(told);
      setBase(told.version);
      setWhy('');
    },
  );
  // Opened from below, by an earlier version, it comes into sight.
  useEffect(() => area.current?.focus(), []);
  const refusal = send.isError ? refusalOf(send.error, text) : null;
  const isReady = why.trim() !== '' && !send.isPending;
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady) send.mutate(undefined);
  };
  const change = (next: string) => {
    setConfig(next);
    setMade(null);
    send.reset();
  };
  const insert = () => {
    const gap = config === '' ? '' : config.endsWith('\n') ? '\n' : '\n\n';
    change(config + gap + exampleSource(sensor.sites, sites));
    area.current?.focus();
  };
  const goTo = (line: number) => {
    const field = area.current;
    if (field === null) return;
    field.focus();
    field.setSelectionRange(...lineSpan(config, line));
    field.scrollTop = (field.scrollHeight * (line - 1)) / config.split('\n').length - field.clientHeight / 2;
  };
  return (
    <form className="config-editor" onSubmit={onSubmit} aria-label={words.edit}>
      {seed.from !== null && <Notice>{words.reusing(String(seed.from))}</Notice>}
      {newest !== undefined && newest.version > base && <Notice tone="warn">{words.overtaken(String(newest.version))}</Notice>}
      <CodeArea label={words.text} hint={words.textHint} value={config} isInvalid={(refusal?.line ?? null) !== null} area={area} onChange={change} />
      <div>
        <Button onPress={insert}>
          <FilePlus2 size={14} aria-hidden="true" />
          {words.insert}
        </Button>
      </div>
      <WhyField value={why} onChange={setWhy} />
      {refusal !== null && (
        <div className="config-refused" role="alert">
          <p className="field-error">{refusal.message}</p>
          {refusal.detail !== null && <pre className="raw">{visibleLines(refusal.detail)}</pre>}
          {refusal.line !== null && <LineButton line={refusal.line} onPress={goTo} />}
        </div>
      )}
      {made !== null && (
        <Notice tone="warn">
          <strong>{words.sentUnknown(String(made.version))}</strong>
          <ul className="config-unknown">
            {made.unknown.map((key, at) => {
              const line = lineOf(key);
              return (
                <li key={at}>
                  <span className="mono">
                    <Text value={key} mayBreak />
                  </span>{' '}
                  {line !== null && <LineButton line={line} onPress={goTo} />}
                </li>
              );
            })}
          </ul>
        </Notice>
      )}
      <div className="dialog-foot">
        <Button onPress={onClose}>{made === null ? text.app.cancel : words.close}</Button>
        <Button type="submit" look="primary" isDisabled={!isReady}>
          {words.send}
        </Button>
      </div>
    </form>
  );
}

function LineButton({ line, onPress }: { line: number; onPress: (line: number) => void }): ReactNode {
  const { configuration: words } = useText();
  return <Button onPress={() => onPress(line)}>{words.toLine(String(line))}</Button>;
}

/** A plain text area, so that Tab leaves it; the numbers beside it follow its scrolling. */
function CodeArea(props: {
  label: string;
  hint: string;
  value: string;
  isInvalid: boolean;
  area: { current: HTMLTextAreaElement | null };
  onChange: (value: string) => void;
}): ReactNode {
  const id = useId();
  const gutter = useRef<HTMLPreElement>(null);
  const { value, area } = props;
  const count = value.split('\n').length;
  return (
    <div className="field">
      <label htmlFor={id}>{props.label}</label>
      <div className="code-edit">
        <pre ref={gutter} className="code-lines" aria-hidden="true">
          {Array.from({ length: count }, (_, at) => at + 1).join('\n')}
        </pre>
        <textarea
          ref={area}
          id={id}
          className="code-text"
          rows={16}
          wrap="off"
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          aria-describedby={`${id}-hint`}
          aria-invalid={props.isInvalid}
          value={value}
          onChange={(event) => props.onChange(event.target.value)}
          onScroll={(event) => {
            if (gutter.current) gutter.current.scrollTop = event.currentTarget.scrollTop;
          }}
        />
      </div>
      <p id={`${id}-hint`} className="field-hint">
        {props.hint}
      </p>
    </div>
  );
}
