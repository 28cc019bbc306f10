/// The queue: views on the left, rows in the middle, why the selected one fired on the right.
import { useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import { useMay, useSession } from '../../lib/context';
import { number } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { inLanguage } from '../../lib/rule';
import { useActions, type Action } from '../../lib/shortcuts';
import { useSelection } from '../../lib/useSelection';
import { useEscalate } from '../cases/useEscalate';
import { Notice, StaleNotice } from '../../ui/Notice';
import { RangeNotice } from '../../ui/RangeNotice';
import { alertActions, assignTo } from './actions';
import { AlertList } from './AlertList';
import { AssignDialog } from './AssignDialog';
import { BulkBar } from './BulkBar';
import { ExceptionDialog } from './ExceptionDialog';
import { FilterBar } from './FilterBar';
import { readFilter, writeFilter, type AlertFilter } from './filter';
import { ListState } from './ListState';
import { markActions, useMany } from './many';
import { Preview } from './Preview';
import { useAlerts } from './useAlerts';
import { useChanges } from './useChange';
import { useMarks } from './useMarks';
import { Views } from './Views';

export function QueuePage(): ReactNode {
  const { text, language } = useSpeech();
  const [params, setParams] = useSearchParams();
  const navigate = useNavigate();
  const changes = useChanges();
  const mayWrite = useMay('alerts.write');
  const mayTune = useMay('rules.tune');
  const [excepted, setExcepted] = useState<string | null>(null);
  const search = params.toString();
  const filter = useMemo(() => readFilter(new URLSearchParams(search)), [search]);
  const listFilter = useStable(filter);
  const alerts = useAlerts(listFilter);
  const [selectedId, select] = useSelection('sel');
  const at = alerts.rows.findIndex((row) => row.id === selectedId);
  const selected = alerts.rows[at] ?? null;
  const { user: me } = useSession();
  const marks = useMarks(alerts.rows, JSON.stringify(listFilter));
  const [isAssigning, setAssigning] = useState(false);
  const many = useMany(marks, listFilter, alerts);
  const entityInput = useRef<HTMLInputElement>(null);

  const setFilter = useCallback(
    (change: Partial<AlertFilter>) => {
      select(null);
      setParams((last) => writeFilter(last, change));
    },
    [select, setParams],
  );
  // Read when a row is opened; the rows need not be drawn again because the address has changed.
  const queue = useRef(search);
  useEffect(() => {
    queue.current = search;
  }, [search]);
  const open = useCallback(
    (id: string) => void navigate(`/alerts/${id}`, { state: { queue: queue.current } }),
    [navigate],
  );
  const move = (step: number) => {
    const next = alerts.rows[at < 0 ? 0 : Math.min(Math.max(at + step, 0), alerts.rows.length - 1)];
    if (next) select(next.id);
  };

  const forAlert = alertActions({
    alert: selected,
    many: mayWrite ? many : null,
    me,
    mayWrite,
    changes,
    text,
    mayTune,
    onExcept: setExcepted,
    // The next row is what one wants to read after closing this one.
    onClosed: () => move(1),
    onAssign: () => setAssigning(true),
  });
  const escalation = useEscalate(selected ? [selected] : []);
  const named = alerts.rows.find((row) => row.rule.id === filter.rule)?.rule;
  const ruleName = named ? inLanguage(named, language).title : filter.rule;
  const group = text.action.group.queue;
  const actions: Action[] = [
    { name: 'next', label: text.action.next, group, keys: ['j', 'ArrowDown'], perform: () => move(1) },
    { name: 'prev', label: text.action.prev, group, keys: ['k', 'ArrowUp'], perform: () => move(-1) },
    {
      name: 'open',
      label: text.action.open,
      group,
      keys: ['Enter'],
      perform: () => selected && open(selected.id),
      isDisabled: selected === null,
    },
    { name: 'filter', label: text.action.filter, group, keys: ['/'], perform: () => entityInput.current?.focus() },
    {
      name: 'bring-in',
      label: text.action.refresh,
      group,
      keys: ['.'],
      perform: alerts.bringIn,
      isDisabled: alerts.pending === 0,
    },
    ...markActions({ marks, selectedId, mayWrite, move, text, rows: alerts.rows }),
    ...forAlert,
    escalation.action,
  ];
  useActions(actions);
  useEffect(() => {
    if (at >= 0 && alerts.hasMore && at > alerts.rows.length - 5) alerts.loadMore();
  });

  return (
    <div className="queue">
      <title>{`${text.alerts.title} · ${text.app.name}`}</title>
      <Views view={filter.view} counts={alerts.counts} onChange={(view) => setFilter({ view })} />
      <section className="queue-list" aria-label={text.alerts.title}>
        <FilterBar filter={filter} onChange={setFilter} entityInput={entityInput} total={alerts.isLoading || alerts.error ? null : alerts.total} isCapped={alerts.isCapped} ruleName={ruleName} />
        <RangeNotice range={filter.range} onChange={(range) => setFilter({ range })} />
        {alerts.staleSince !== null && <StaleNotice asOf={alerts.staleSince} onRetry={alerts.retry} />}
        {alerts.isCapped && (
          <Notice tone="warn">
            <strong>{text.alerts.tooMany(number(alerts.total, language))}</strong> {text.alerts.tooManyHint}
          </Notice>
        )}
        <ListState alerts={alerts} filter={filter} onClear={() => setFilter(NOTHING)}>
          <AlertList alerts={alerts} selectedId={selectedId} view={filter.view} marks={marks} mayMark={mayWrite} onSelect={select} onOpen={open} />
        </ListState>
        {mayWrite && <BulkBar marks={marks} loaded={alerts.rows.length} total={alerts.total} isCapped={alerts.isCapped} actions={forAlert} />}
      </section>
      <Preview id={selectedId} actions={many ? [] : [...forAlert, escalation.action]} />
      <ExceptionDialog alertId={excepted} onClose={() => setExcepted(null)} />
      {escalation.dialog}
      <AssignDialog
        isOpen={isAssigning}
        onClose={() => setAssigning(false)}
        onAssign={(name) => {
          setAssigning(false);
          assignTo({ alert: selected, many, changes }, name);
        }}
      />
    </div>
  );
}

const NOTHING: Partial<AlertFilter> = {
  levels: [],
  site: '',
  entity: '',
  rule: '',
  range: { from: null, to: null },
};

/** The same object while the filter says the same: the selection must not disturb the list. */
function useStable(filter: AlertFilter): AlertFilter {
  const key = JSON.stringify(filter);
  return useMemo(() => JSON.parse(key) as AlertFilter, [key]);
}
