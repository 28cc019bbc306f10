/// One incident: what it is, what was done about it, and what one may do.
import { ArrowLeft } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link, useLocation, useParams } from 'react-router';
import { useMay, useSites } from '../../lib/context';
import { number } from '../../lib/format';
import { useSpeech, useText } from '../../lib/i18n/i18n';
import { wordOf } from '../../lib/i18n/word';
import type { IncidentDetail } from '../../lib/incidents';
import { useActions } from '../../lib/shortcuts';
import { visible } from '../../lib/visible';
import { ActionBar } from '../../ui/ActionBar';
import { Bones } from '../../ui/Bones';
import { FactList } from '../../ui/FactList';
import { SeverityMark, StateMark } from '../../ui/Marks';
import { Missing } from '../../ui/Missing';
import { StaleNotice } from '../../ui/Notice';
import { Text } from '../../ui/Text';
import { Time } from '../../ui/Time';
import { IncidentState } from './IncidentMarks';
import { IncidentTitle } from './IncidentName';
import { useIncident } from './useIncidents';
import { useSteps } from './useSteps';
import './incidents.css';

export function IncidentPage(): ReactNode {
  const { id = '' } = useParams();
  const { data, error, dataUpdatedAt, refetch } = useIncident(id);
  const { actions, dialogs } = useSteps(data ?? null);
  useActions(actions);
  if (data === undefined) {
    if (error) return <Missing error={error} what="incident" onRetry={() => void refetch()} />;
    return <Bones rows={8} columns={['2fr', '1fr']} height={48} />;
  }
  return (
    <>
      {error && <StaleNotice asOf={dataUpdatedAt} onRetry={() => void refetch()} />}
      <Shown incident={data} tools={<ActionBar actions={actions} right="incidents.write" />} />
      {dialogs}
    </>
  );
}

function Shown({ incident, tools }: { incident: IncidentDetail; tools: ReactNode }): ReactNode {
  const { text, language } = useSpeech();
  return (
    <div className="sheet">
      <title>{`${visible(incident.title[language])} · ${text.app.name}`}</title>
      <header className="sheet-top">
        <div>
          <p className="incident-crumb">
            <Link to={useBack(incident.id)} className="sheet-back">
              <ArrowLeft size={13} aria-hidden="true" /> {text.incidents.title}
            </Link>
            <span className="mono dim">{incident.id}</span>
          </p>
          <h1>
            <IncidentTitle incident={incident} />
          </h1>
          <p className="incident-marks">
            <SeverityMark level={incident.level} />
            <IncidentState incident={incident} />
            {incident.exercise && <span className="tag tag-exercise">{text.app.exercise}</span>}
          </p>
        </div>
        {tools}
      </header>
      <div className="sheet-body">
        <div className="sheet-main">
          <p className="incident-summary">
            <Text value={incident.summary[language]} />
          </p>
          <section>
            <h2>{text.incidents.history}</h2>
            <History incident={incident} />
          </section>
        </div>
        <IncidentFacts incident={incident} />
      </div>
    </div>
  );
}

/** The list as it was left, with this incident selected. */
function useBack(id: string): string {
  const { state } = useLocation() as { state: unknown };
  const isFromList = typeof state === 'object' && state !== null && 'list' in state;
  const params = new URLSearchParams(isFromList ? String(state.list) : '');
  params.set('sel', id);
  return `/incidents?${params}`;
}

/** Who did what, when, and what they wrote; the newest first. */
function History({ incident }: { incident: IncidentDetail }): ReactNode {
  const text = useText();
  return (
    <ol className="history">
      {incident.history.toReversed().map((entry, at) => (
        <li key={`${entry.at}-${at}`}>
          <Time at={entry.at} />
          <div>
            <p>
              <strong>
                <Text value={entry.who || text.incidents.system} />
              </strong>{' '}
              {wordOf(text.incidents.did, entry.action)}
            </p>
            {entry.to !== null && entry.to !== entry.from && <StateMark state={entry.to} />}
            {entry.note !== null && entry.note !== '' && (
              <blockquote>
                <Text value={entry.note} />
              </blockquote>
            )}
          </div>
        </li>
      ))}
    </ol>
  );
}

function IncidentFacts({ incident }: { incident: IncidentDetail }): ReactNode {
  const { text, language } = useSpeech();
  const { nameOf } = useSites();
  const words = text.incidents;
  const facts: [string, ReactNode][] = [
    [words.site, incident.site === '' ? words.province : nameOf(incident.site)],
    ...Object.entries(incident.dimensions).map(
      ([name, value]): [string, ReactNode] => [wordOf(words.dimensions, name), <Dimension key={name} name={name} value={value} />],
    ),
    [words.origin, wordOf(words.origins, incident.origin)],
    [words.rule, wordOf(words.rules, incident.rule)],
    [words.opened, <Time key="opened" at={incident.opened} />],
    [words.updated, <Time key="updated" at={incident.updated} />],
    [words.reopenedLabel, number(incident.count, language)],
  ];
  if (incident.cause !== null) facts.push([words.cause, wordOf(words.causes, incident.cause)]);
  if (incident.merged_into !== null) {
    const { merged_into: other } = incident;
    facts.push([words.mergedInto, <Link key="merged" className="mono" to={`/incidents/${encodeURIComponent(other)}`}>{other}</Link>]);
  }
  return (
    <aside className="sheet-side">
      <FactList facts={facts} />
    </aside>
  );
}

/** What it is about; a sensor and a case have pages. */
function Dimension({ name, value }: { name: string; value: string }): ReactNode {
  const maySensors = useMay('sensors.read');
  const mayCases = useMay('cases.read');
  const shown = <Text value={value} mayBreak />;
  const pages: Record<string, boolean> = { sensor: maySensors, case: mayCases };
  if (pages[name] !== true) return <span className="mono">{shown}</span>;
  return (
    <Link className="mono" to={`/${name}s/${encodeURIComponent(value)}`}>
      {shown}
    </Link>
  );
}
