/// One alert on a page of its own: why it fired, its events, its history.
import { ArrowLeft } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { Link, useLocation, useParams, useSearchParams } from 'react-router';
import type { Alert } from '../../lib/api';
import { useMay, useSession, useSites } from '../../lib/context';
import { number } from '../../lib/format';
import { useSpeech, useText, type Dictionary, type Language } from '../../lib/i18n/i18n';
import { inLanguage } from '../../lib/rule';
import { useActions } from '../../lib/shortcuts';
import { visible } from '../../lib/visible';
import { ActionBar } from '../../ui/ActionBar';
import { Bones } from '../../ui/Bones';
import { Due } from '../../ui/Due';
import { Retro, SeverityMark, StateMark } from '../../ui/Marks';
import { Missing } from '../../ui/Missing';
import { StaleNotice } from '../../ui/Notice';
import { RuleTitle } from '../../ui/RuleTitle';
import { alertActions, assignTo } from './actions';
import { AssignDialog } from './AssignDialog';
import { Earlier } from './Earlier';
import { InCases } from '../cases/InCases';
import { useEscalate } from '../cases/useEscalate';
import { Entities } from './Entities';
import { EvidenceTab } from './EvidenceTab';
import { ExceptionDialog } from './ExceptionDialog';
import { Facts } from './Facts';
import { Holder } from './Holder';
import { HistoryTab } from './HistoryTab';
import { useAlert } from './useAlert';
import { useChanges } from './useChange';
import { WhyTab } from './WhyTab';
import { useAlertNews } from './useAlertNews';

const TABS = ['why', 'evidence', 'history'] as const;

export function AlertPage(): ReactNode {
  const { text, language } = useSpeech();
  const { id = '' } = useParams();
  const { data, error, dataUpdatedAt, refetch } = useAlert(id);
  const changes = useChanges();
  const session = useSession();
  const mayWrite = useMay('alerts.write');
  const mayTune = useMay('rules.tune');
  const [excepted, setExcepted] = useState<string | null>(null);
  const [isAssigning, setAssigning] = useState(false);
  const back = useBack(id);
  useAlertNews(id);
  const escalation = useEscalate(data ? [data] : []);
  const actions = [
    ...alertActions({
    alert: data ?? null,
    me: session.user,
    mayWrite,
    changes,
    text,
    mayTune,
    onExcept: setExcepted,
    onAssign: () => setAssigning(true),
    }),
    escalation.action,
  ];
  useActions(actions);
  if (error && !data) return <Missing error={error} what="alert" onRetry={() => void refetch()} />;
  if (!data) return <Bones rows={8} columns={['2fr', '1fr']} height={48} />;
  return (
    <div className="page">
      <title>{`${visible(inLanguage(data.rule, language).title)} · ${text.app.name}`}</title>
      {error && <StaleNotice asOf={dataUpdatedAt} onRetry={() => void refetch()} />}
      <header className="alert-top">
        <div>
          <p className="crumb">
            <Link to={back}>
              <ArrowLeft size={13} aria-hidden="true" /> {text.alerts.back}
            </Link>
            <span className="mono dim">{data.id}</span>
          </p>
          <h1>
            <RuleTitle rule={data.rule} />
          </h1>
          <Marks alert={data} />
        </div>
        <ActionBar actions={actions} right="alerts.write" />
      </header>
      <div className="alert-body">
        <AlertTabs alert={data} />
        <aside className="alert-side">
          <section>
            <h3>{text.alerts.entities}</h3>
            <Entities alert={data} />
          </section>
          <Earlier alert={data} />
          <Facts alert={data} />
          <InCases alert={data.id} />
        </aside>
      </div>
      <ExceptionDialog alertId={excepted} onClose={() => setExcepted(null)} />
      {escalation.dialog}
      <AssignDialog
        isOpen={isAssigning}
        onClose={() => setAssigning(false)}
        onAssign={(name) => {
          setAssigning(false);
          assignTo({ alert: data, changes }, name);
        }}
      />
    </div>
  );
}

/** The queue as it was left, with this alert selected. */
function useBack(id: string): string {
  const { state } = useLocation() as { state: unknown };
  const isFromQueue = typeof state === 'object' && state !== null && 'queue' in state;
  const params = new URLSearchParams(isFromQueue ? String(state.queue) : '');
  params.set('sel', id);
  return `/alerts?${params}`;
}

function Marks({ alert }: { alert: Alert }): ReactNode {
  const text = useText();
  const { nameOf } = useSites();
  return (
    <p className="preview-marks">
      <SeverityMark level={alert.rule.level} />
      <StateMark state={alert.state} verdict={alert.verdict} />
      <Holder row={alert} />
      {alert.due !== null && <Due at={alert.due} />}
      <span className="dim">{nameOf(alert.site)}</span>
      {alert.retro && <Retro />}
      {alert.exercise && <span className="tag tag-exercise">{text.app.exercise}</span>}
    </p>
  );
}

/** How many copies are kept, where that is not all of them. */
function evidenceName(alert: Alert, text: Dictionary, language: Language): string {
  const kept = number(alert.evidence.length, language);
  if (alert.count <= alert.evidence.length) return `${text.alerts.evidence} (${kept})`;
  return text.alerts.evidenceTab(kept, number(alert.count, language));
}

function AlertTabs({ alert }: { alert: Alert }): ReactNode {
  const { text, language } = useSpeech();
  const [params, setParams] = useSearchParams();
  const tab = TABS.find((name) => name === params.get('tab')) ?? 'why';
  return (
    <Tabs
      className="alert-tabs"
      selectedKey={tab}
      onSelectionChange={(key) => setParams(key === 'why' ? {} : { tab: String(key) }, { replace: true })}
    >
      <TabList className="tabs" aria-label={text.alerts.alert}>
        <Tab id="why" className="tab">
          {text.alerts.why}
        </Tab>
        <Tab id="evidence" className="tab">
          {evidenceName(alert, text, language)}
        </Tab>
        <Tab id="history" className="tab">
          {text.alerts.history} ({alert.history.length})
        </Tab>
      </TabList>
      <TabPanel id="why" className="tab-panel">
        <WhyTab alert={alert} />
      </TabPanel>
      <TabPanel id="evidence" className="tab-panel">
        <EvidenceTab alert={alert} />
      </TabPanel>
      <TabPanel id="history" className="tab-panel">
        <HistoryTab alert={alert} />
      </TabPanel>
    </Tabs>
  );
}
