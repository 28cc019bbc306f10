/// One event in full: who saw it and when, its core fields, its record, its raw text; each value can
/// narrow the search or start another.
import { X } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import type { Event } from '../../lib/api';
import { useSites } from '../../lib/context';
import { flatten, MAX_FIELDS, type Field } from '../../lib/fields';
import { number } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { Bones } from '../../ui/Bones';
import { Button } from '../../ui/Button';
import { CopyButton } from '../../ui/CopyButton';
import { FieldTable } from '../../ui/FieldTable';
import { Missing } from '../../ui/Missing';
import { RawJson } from '../../ui/RawJson';
import { Text } from '../../ui/Text';
import { Time } from '../../ui/Time';
import { ValueTools } from './ValueTools';
import { useEvent } from './useEvent';

interface DrawerProps {
  id: string;
  known: Event | null;
  onClose: () => void;
  onNarrow: (condition: string) => void;
  onPivot: (query: string) => void;
}

export function Drawer({ id, known, onClose, onNarrow, onPivot }: DrawerProps): ReactNode {
  const { text } = useSpeech();
  const { data, error, refetch } = useEvent(id, known);
  return (
    <aside className="drawer" aria-label={text.events.detail}>
      <header className="drawer-head">
        <h2>{data ? data.kind : text.events.detail}</h2>
        {data && <Time at={data.time} />}
        <Button look="quiet" isIcon aria-label={text.app.close} onPress={onClose}>
          <X size={16} aria-hidden="true" />
        </Button>
      </header>
      {!data && error && <Missing error={error} what="event" onRetry={() => void refetch()} />}
      {!data && !error && <Bones rows={12} columns={['1fr', '2fr']} height={26} />}
      {data && <Body key={data.id} event={data} onNarrow={onNarrow} onPivot={onPivot} />}
    </aside>
  );
}

function Body(props: {
  event: Event;
  onNarrow: (condition: string) => void;
  onPivot: (query: string) => void;
}): ReactNode {
  const { text, language } = useSpeech();
  const { event } = props;
  const [wanted, setWanted] = useState('');
  const core = Object.entries(event.core).map(([name, value]) => ({
    path: name,
    name,
    value: typeof value === 'string' ? value : JSON.stringify(value),
  }));
  const record = flatten(event.record);
  const has = (field: Field) => `${field.path} ${field.value}`.toLowerCase().includes(wanted.toLowerCase());
  const tools = (field: Field) => (
    <ValueTools field={field} onNarrow={props.onNarrow} onPivot={props.onPivot} />
  );
  return (
    <div className="drawer-body">
      <Envelope event={event} />
      <input
        className="input"
        aria-label={text.events.fieldFilter}
        placeholder={text.events.fieldFilter}
        value={wanted}
        onChange={(change) => setWanted(change.target.value)}
      />
      <section>
        <h3>{text.events.core}</h3>
        <FieldTable label={text.events.core} fields={core.filter(has)} tools={tools} />
      </section>
      <section>
        <h3>{text.events.record}</h3>
        <FieldTable label={text.events.record} fields={record.fields.filter(has)} tools={tools} />
        {record.truncated && (
          <p className="field-hint">{text.events.truncated(number(MAX_FIELDS, language))}</p>
        )}
      </section>
      <section>
        <h3>{text.events.raw}</h3>
        <RawJson value={event.record} />
      </section>
    </div>
  );
}

/** What the centre knows of the event itself. */
function Envelope({ event }: { event: Event }): ReactNode {
  const { text, language } = useSpeech();
  const { nameOf } = useSites();
  const rows: [string, ReactNode][] = [
    [text.events.happened, <Time key="t" at={event.time} />],
    [text.events.seen, <Time key="s" at={event.seen} />],
    [text.events.received, <Time key="r" at={event.received} />],
    [text.events.site, nameOf(event.site)],
    [text.events.source, <Text key="o" value={`${event.source} · ${event.sensor}`} />],
    [
      text.events.id,
      <span key="i" className="mono">
        <Text value={event.id} /> <CopyButton value={event.id} />
      </span>,
    ],
    [text.events.position, number(event.position, language)],
  ];
  if (event.rules.length > 0) rows.push([text.events.rules, event.rules.join(', ')]);
  return (
    <dl className="envelope">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
      {event.exercise && <span className="tag tag-exercise">{text.app.exercise}</span>}
    </dl>
  );
}
