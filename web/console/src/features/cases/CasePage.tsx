/// One case: what is known, what happened, what is to be done, and how it ends.
import { ArrowLeft, Printer } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { Link, useLocation, useParams, useSearchParams } from 'react-router';
import type { CaseDetail } from '../../lib/cases';
import { caseExport } from '../../lib/client.cases';
import { useSites } from '../../lib/context';
import { number } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { useActions } from '../../lib/shortcuts';
import { visible, visibleLines } from '../../lib/visible';
import { ActionBar } from '../../ui/ActionBar';
import { Bones } from '../../ui/Bones';
import { FactList } from '../../ui/FactList';
import { SeverityMark, StateMark } from '../../ui/Marks';
import { Missing } from '../../ui/Missing';
import { StaleNotice } from '../../ui/Notice';
import { Text } from '../../ui/Text';
import { Time } from '../../ui/Time';
import { CaseAlerts } from './CaseAlerts';
import { CaseForm } from './CaseForm';
import { CloseDialog } from './CloseDialog';
import { Evidence } from './Evidence';
import { Observables } from './Observables';
import { Tasks } from './Tasks';
import { Timeline } from './Timeline';
import { useCaseSteps, type Asking } from './useCaseSteps';
import { useCase } from './useCases';
import './cases.css';

const TABS = ['timeline', 'tasks', 'observables', 'evidence', 'alerts'] as const;

export function CasePage(): ReactNode {
  const { id = '' } = useParams();
  const { data, error, dataUpdatedAt, refetch } = useCase(id);
  const [asking, ask] = useState<Asking | null>(null);
  const actions = useCaseSteps(data ?? null, ask);
  useActions(actions);
  if (data === undefined) {
    if (error) return <Missing error={error} what="case" onRetry={() => void refetch()} />;
    return <Bones rows={8} columns={['2fr', '1fr']} height={48} />;
  }
  return (
    <>
      {error && <StaleNotice asOf={dataUpdatedAt} onRetry={() => void refetch()} />}
      <Shown held={data} tools={<ActionBar actions={actions.filter(({ name }) => name !== 'note')} right="cases.write" />} />
      <CaseForm held={data} isOpen={asking === 'edit'} onClose={() => ask(null)} />
      <CloseDialog held={data} isOpen={asking === 'close'} onClose={() => ask(null)} />
    </>
  );
}

function Shown({ held, tools }: { held: CaseDetail; tools: ReactNode }): ReactNode {
  const { text, language } = useSpeech();
  const words = text.cases;
  return (
    <div className="sheet">
      <title>{`${held.id} ${visible(held.title)} · ${text.app.name}`}</title>
      <header className="sheet-top">
        <div>
          <p className="case-line">
            <Link to={useBack(held.id)} className="sheet-back">
              <ArrowLeft size={13} aria-hidden="true" /> {words.back}
            </Link>
            <span className="mono dim">{held.id}</span>
          </p>
          <h1>
            <Text value={held.title} />
          </h1>
          <p className="case-line">
            <SeverityMark level={held.level} />
            <StateMark state={held.state} verdict={held.verdict} />
            {held.exercise && <span className="tag tag-exercise">{text.app.exercise}</span>}
            <a className="case-export" href={caseExport(held.id, language)} download>
              <Printer size={13} aria-hidden="true" /> {words.export}
            </a>
          </p>
        </div>
        {tools}
      </header>
      <div className="sheet-body">
        <div className="sheet-main">
          <Body held={held} />
        </div>
        <Facts held={held} />
      </div>
    </div>
  );
}

/** The board as it was left, with this case selected. */
function useBack(id: string): string {
  const { state } = useLocation() as { state: unknown };
  const isFromList = typeof state === 'object' && state !== null && 'list' in state;
  const params = new URLSearchParams(isFromList ? String(state.list) : '');
  params.set('sel', id);
  return `/cases?${params}`;
}

function Body({ held }: { held: CaseDetail }): ReactNode {
  const { text, language } = useSpeech();
  const words = text.cases;
  const [params, setParams] = useSearchParams();
  const tab = TABS.find((name) => name === params.get('tab')) ?? 'timeline';
  const { counts } = held;
  const size: Record<(typeof TABS)[number], string> = {
    timeline: '',
    tasks: counts.tasks > 0 ? ` ${number(counts.done, language)}/${number(counts.tasks, language)}` : '',
    observables: ` ${number(counts.observables, language)}`,
    evidence: ` ${number(counts.evidence, language)}`,
    alerts: ` ${number(counts.alerts, language)}`,
  };
  return (
    <>
      <section aria-label={words.summary}>
        {held.summary === '' ? <p className="dim">{words.noSummary}</p> : <p className="case-text case-read">{visibleLines(held.summary)}</p>}
        {held.lessons !== '' && (
          <>
            <h2>{words.lessons}</h2>
            <p className="case-text case-read">{visibleLines(held.lessons)}</p>
          </>
        )}
      </section>
      <Tabs selectedKey={tab} onSelectionChange={(key) => setParams(key === 'timeline' ? {} : { tab: String(key) }, { replace: true })}>
        <TabList className="tabs" aria-label={words.case}>
          {TABS.map((name) => (
            <Tab key={name} id={name} className="tab">
              {words.tabs[name]}
              <span className="dim">{size[name]}</span>
            </Tab>
          ))}
        </TabList>
        <TabPanel id="timeline" className="case-panel">
          <Timeline held={held} />
        </TabPanel>
        <TabPanel id="tasks" className="case-panel">
          <Tasks held={held} />
        </TabPanel>
        <TabPanel id="observables" className="case-panel">
          <Observables held={held} />
        </TabPanel>
        <TabPanel id="evidence" className="case-panel">
          <Evidence held={held} />
        </TabPanel>
        <TabPanel id="alerts" className="case-panel">
          <CaseAlerts held={held} />
        </TabPanel>
      </Tabs>
      {counts.outside > 0 && <p className="dim">{words.outside(number(counts.outside, language))}</p>}
    </>
  );
}

function Facts({ held }: { held: CaseDetail }): ReactNode {
  const { text, language } = useSpeech();
  const { nameOf } = useSites();
  const words = text.cases;
  const facts: [string, ReactNode][] = [
    [words.assignee, held.assignee === null ? words.nobody : <Text key="who" value={held.assignee} />],
    [words.sites, <SiteFacts key="sites" names={held.sites.map((site) => (site === '' ? words.province : nameOf(site)))} outside={held.counts.outside_sites} />],
    [words.opened, <Time key="opened" at={held.opened} />],
    [words.openedBy, <Text key="by" value={held.opened_by} />],
    [words.updated, <Time key="updated" at={held.updated} />],
  ];
  if (held.verdict !== null) facts.push([words.verdict, text.verdict[held.verdict]]);
  if (held.incident !== null) facts.push([words.incident, <Link key="incident" to={`/incidents/${encodeURIComponent(held.incident)}`}>{words.toIncident}</Link>]);
  facts.push([words.tabs.alerts, number(held.counts.alerts, language)]);
  return (
    <aside className="sheet-side">
      <FactList facts={facts} />
    </aside>
  );
}

function SiteFacts({ names, outside }: { names: readonly string[]; outside: number }): ReactNode {
  const { text, language } = useSpeech();
  return (
    <>
      {names.join(', ')}
      {outside > 0 && <span className="dim"> {text.cases.outsideSites(number(outside, language))}</span>}
    </>
  );
}
