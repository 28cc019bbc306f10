/// A case's timeline: notes are written here; events, alerts and what was done stand between them.
import { Bell, Pin, Settings2, StickyNote, Trash2, type LucideIcon } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { Link } from 'react-router';
import type { CaseDetail, CaseMoment } from '../../lib/cases';
import { useClient, useMay } from '../../lib/context';
import { useSpeech } from '../../lib/i18n/i18n';
import { wordOf } from '../../lib/i18n/word';
import { summary } from '../../lib/summary';
import { Bones } from '../../ui/Bones';
import { Button } from '../../ui/Button';
import { Chips } from '../../ui/Chips';
import { Failed } from '../../ui/Screen';
import { SeverityMark } from '../../ui/Marks';
import { RuleTitle } from '../../ui/RuleTitle';
import { Text } from '../../ui/Text';
import { Time } from '../../ui/Time';
import { NoteBox, NoteText } from './Notes';
import { useDo, useTimeline } from './useCases';

const KINDS = ['event', 'alert', 'note', 'action'] as const;
const ICONS: Record<(typeof KINDS)[number], LucideIcon> = { event: Pin, alert: Bell, note: StickyNote, action: Settings2 };

export function Timeline({ held }: { held: CaseDetail }): ReactNode {
  const { text } = useSpeech();
  const words = text.cases.timeline;
  const [pages, setPages] = useState(1);
  const [kind, setKind] = useState('all');
  const line = useTimeline(held.id, pages);
  const mayWrite = useMay('cases.write') && held.state !== 'closed';
  const all = line.pages.flatMap((page) => page.items);
  const shown = kind === 'all' ? all : all.filter((moment) => moment.kind === kind);
  if (line.isLoading) {
    if (line.error) return <Failed error={line.error} onRetry={line.retry} />;
    return <Bones rows={6} columns={['160px', '1fr']} />;
  }
  return (
    <>
      {mayWrite && <NoteBox key={held.id} id={held.id} />}
      <Chips label={words.show} value={kind} options={[{ id: 'all', name: words.all }, ...KINDS.map((id) => ({ id, name: words.kinds[id] }))]} onChange={setKind} />
      {shown.length === 0 && <p className="dim">{words.empty}</p>}
      <ol className="history case-timeline">
        {shown.map((moment) => (
          <li key={keyOf(moment)}>
            <Time at={moment.at} />
            <Moment moment={moment} held={held} mayWrite={mayWrite} />
          </li>
        ))}
      </ol>
      {(line.pages.at(-1)?.next ?? null) !== null && (
        <div className="sheet-more">
          <Button onPress={() => setPages(pages + 1)}>{text.app.more}</Button>
        </div>
      )}
    </>
  );
}

function keyOf({ kind, at, note, event, alert, action, detail }: CaseMoment): string {
  return [kind, at, note?.id ?? event?.id ?? alert?.id ?? `${action ?? ''}${JSON.stringify(detail)}`].join(' ');
}

function Moment({ moment, held, mayWrite }: { moment: CaseMoment; held: CaseDetail; mayWrite: boolean }): ReactNode {
  const Icon = ICONS[moment.kind];
  return (
    <div className={`moment moment-${moment.kind}`}>
      <Icon size={14} aria-hidden="true" />
      <div>
        {moment.kind === 'note' && moment.note && <NoteText key={moment.note.version} id={held.id} note={moment.note} mayWrite={mayWrite} />}
        {moment.kind === 'event' && <EventLine moment={moment} id={held.id} mayWrite={mayWrite} />}
        {moment.kind === 'alert' && moment.alert && (
          <p className="case-line">
            <SeverityMark level={moment.alert.rule.level} />
            <Link to={`/alerts/${encodeURIComponent(moment.alert.id)}`}>
              <RuleTitle rule={moment.alert.rule} />
            </Link>
          </p>
        )}
        {moment.kind === 'action' && <ActionLine moment={moment} />}
      </div>
    </div>
  );
}

function EventLine({ moment, id, mayWrite }: { moment: CaseMoment; id: string; mayWrite: boolean }): ReactNode {
  const speech = useSpeech();
  const { cases: words } = speech.text;
  const client = useClient();
  const run = useDo();
  const { event } = moment;
  if (!event) return null;
  return (
    <>
      <p className="dim">
        <Text value={moment.who} /> {words.timeline.pinned} · <span className="mono">{event.kind}</span>
        {mayWrite && (
          <Button look="quiet" isIcon aria-label={words.timeline.unpin} onPress={() => void run(() => client.unpinEvent(id, event.id), words.done.removed)}>
            <Trash2 size={13} aria-hidden="true" />
          </Button>
        )}
      </p>
      {moment.reason !== null && moment.reason !== '' && (
        <p>
          <Text value={moment.reason} />
        </p>
      )}
      <p className="mono case-event">
        <Text value={summary(event, speech)} mayBreak />
      </p>
    </>
  );
}

function ActionLine({ moment }: { moment: CaseMoment }): ReactNode {
  const { text } = useSpeech();
  const about = aboutOf(moment.detail, text.cases.fields, { ...text.level, ...text.state, ...text.verdict });
  return (
    <p className="dim">
      <Text value={moment.who} /> {wordOf(text.cases.did, moment.action ?? '')}
      {about !== '' && (
        <>
          {': '}
          <Text value={about} />
        </>
      )}
    </p>
  );
}

/** What an action was about: a name, a value, or which fields went from what to what. */
export function aboutOf(detail: unknown, fields: Readonly<Record<string, string>>, words: Readonly<Record<string, string>>): string {
  if (typeof detail !== 'object' || detail === null) return '';
  const said = Object.entries(detail).flatMap(([name, value]: [string, unknown]) => {
    if (['title', 'text', 'value', 'name'].includes(name) && typeof value === 'string') return [value];
    if (name === 'verdict' && typeof value === 'string') return [wordOf(words, value)];
    if (typeof value !== 'object' || value === null || !('from' in value) || !('to' in value)) return [];
    const field = wordOf(fields, name);
    if (name === 'summary') return [field];
    return [`${field} ${wordOf(words, String(value.from)) || '–'} → ${wordOf(words, String(value.to)) || '–'}`];
  });
  return said.join(' · ');
}
