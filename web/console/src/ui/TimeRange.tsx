/// A time range: a preset, or two local times typed day first. The caller keeps it in the URL.
import { CalendarClock, ChevronDown } from 'lucide-react';
import { useState, type FormEvent, type ReactNode } from 'react';
import { Dialog, DialogTrigger, Input, Label, Popover, TextField } from 'react-aria-components';
import { dateTime, parseLocal } from '../lib/format';
import { useText, type Dictionary } from '../lib/i18n/i18n';
import { PRESETS, presetOf, type Range } from '../lib/range';
import { Button } from './Button';

interface TimeRangeProps {
  range: Range;
  onChange: (range: Range) => void;
  /** Whether "any time" is a choice. */
  canBeOpen?: boolean;
}

export function TimeRange(props: TimeRangeProps): ReactNode {
  const text = useText();
  const [isOpen, setOpen] = useState(false);
  const choose = (range: Range) => {
    setOpen(false);
    props.onChange(range);
  };
  const preset = presetOf(props.range);
  return (
    <DialogTrigger isOpen={isOpen} onOpenChange={setOpen}>
      <Button aria-label={`${text.time.label}: ${rangeText(props.range, text)}`}>
        <CalendarClock size={14} aria-hidden="true" />
        <span>{rangeText(props.range, text)}</span>
        <ChevronDown size={14} aria-hidden="true" />
      </Button>
      <Popover className="popover">
        <Dialog className="range" aria-label={text.time.label}>
          {props.canBeOpen && (
            <RangeButton isOn={isAny(props.range)} onPress={() => choose({ from: null, to: null })}>
              {text.time.any}
            </RangeButton>
          )}
          {PRESETS.map((name) => (
            <RangeButton
              key={name}
              isOn={preset === name}
              onPress={() => choose({ from: `-${name}`, to: null })}
            >
              {text.time[name]}
            </RangeButton>
          ))}
          <div className="separator" />
          <Custom range={props.range} onApply={choose} />
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}

function RangeButton(props: { isOn: boolean; onPress: () => void; children: string }): ReactNode {
  return (
    <Button look="quiet" onPress={props.onPress} aria-current={props.isOn ? 'true' : undefined}>
      {props.children}
    </Button>
  );
}

function Custom(props: { range: Range; onApply: (range: Range) => void }): ReactNode {
  const text = useText();
  const [from, setFrom] = useState(() => typed(props.range.from));
  const [to, setTo] = useState(() => typed(props.range.to));
  const [problem, setProblem] = useState<string | null>(null);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const start = parseLocal(from);
    const end = to.trim() === '' ? null : parseLocal(to);
    if (start === null || (to.trim() !== '' && end === null)) setProblem(text.time.bad);
    else if (end !== null && end <= start) setProblem(text.time.order);
    else props.onApply({ from: start, to: end });
  };
  return (
    <form onSubmit={onSubmit} className="range-custom">
      <TextField className="field" value={from} onChange={setFrom} isInvalid={problem !== null}>
        <Label>{text.time.from}</Label>
        <Input className="input mono" placeholder="22/11/2026 20:05" />
      </TextField>
      <TextField className="field" value={to} onChange={setTo} isInvalid={problem !== null}>
        <Label>{text.time.to}</Label>
        <Input className="input mono" placeholder={text.time.now} />
      </TextField>
      {problem !== null && <p className="field-error">{problem}</p>}
      <Button type="submit">{text.time.apply}</Button>
    </form>
  );
}

function rangeText(range: Range, text: Dictionary): string {
  if (isAny(range)) return text.time.any;
  const preset = presetOf(range);
  if (preset !== null) return text.time[preset];
  return `${typed(range.from) || '…'} – ${typed(range.to) || text.time.now}`;
}

const isAny = (range: Range): boolean => range.from === null && range.to === null;

/** An absolute end as it would be typed; a relative one has nothing to show here. */
function typed(end: string | null): string {
  return end === null || Number.isNaN(Date.parse(end)) || end.startsWith('-') ? '' : dateTime(end).slice(0, 16);
}
