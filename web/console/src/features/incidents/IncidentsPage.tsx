/// The incidents: one plain list, worked through with the keys as the queue of alerts is.
import { CircleCheck, SearchX, X } from 'lucide-react';
import { useCallback, useEffect, useMemo, useRef, type ReactNode } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import { useSites } from '../../lib/context';
import { number } from '../../lib/format';
import { useSpeech, useText } from '../../lib/i18n/i18n';
import type { IncidentLevel } from '../../lib/incidents';
import { useActions } from '../../lib/shortcuts';
import { useSelection } from '../../lib/useSelection';
import { ActionBar } from '../../ui/ActionBar';
import { Bones } from '../../ui/Bones';
import { Button } from '../../ui/Button';
import { Choice } from '../../ui/Choice';
import { Notice, StaleNotice } from '../../ui/Notice';
import { Failed, Screen } from '../../ui/Screen';
import { INCIDENT_LEVELS, NOTHING, SHOWN_STATES, isNarrowed, readFilter, writeFilter, type IncidentFilter, type ShownState } from './filter';
import { IncidentTable } from './IncidentTable';
import { useIncidents, type Incidents } from './useIncidents';
import { useSteps } from './useSteps';
import './incidents.css';

export function IncidentsPage(): ReactNode {
  const { text, language } = useSpeech();
  const [params, setParams] = useSearchParams();
  const navigate = useNavigate();
  const search = params.toString();
  const filter = useMemo(() => readFilter(new URLSearchParams(search)), [search]);
  const incidents = useIncidents(filter);
  const { rows, hasMore, loadMore } = incidents;
  const [selectedId, select] = useSelection('sel');
  const at = rows.findIndex((row) => row.id === selectedId);
  const selected = rows[at] ?? null;
  // One that was closed leaves the list of open ones: the next one takes its place, also as the selected.
  const place = useRef(-1);
  useEffect(() => {
    const heir = rows[Math.min(place.current, rows.length - 1)];
    if (at >= 0) place.current = at;
    else if (selectedId === null) place.current = -1;
    else if (place.current >= 0 && heir && !incidents.isLoading) select(heir.id);
  }, [at, rows, selectedId, select, incidents.isLoading]);
  const { actions, dialogs } = useSteps(selected);
  const setFilter = useCallback(
    (change: Partial<IncidentFilter>) => {
      select(null);
      setParams((last) => writeFilter(last, change));
    },
    [select, setParams],
  );
  const open = (id: string) => void navigate(`/incidents/${encodeURIComponent(id)}`, { state: { list: search } });
  const move = (step: number) => {
    const next = rows[at < 0 ? 0 : Math.min(Math.max(at + step, 0), rows.length - 1)];
    if (next) select(next.id);
  };
  const group = text.action.group.incidents;
  useActions([
    { name: 'next', label: text.incidents.next, group, keys: ['j', 'ArrowDown'], perform: () => move(1) },
    { name: 'prev', label: text.incidents.prev, group, keys: ['k', 'ArrowUp'], perform: () => move(-1) },
    {
      name: 'open',
      label: text.incidents.open,
      group,
      keys: ['Enter'],
      perform: () => selected && open(selected.id),
      isDisabled: selected === null,
    },
    ...actions,
  ]);
  useEffect(() => {
    if (at >= 0 && hasMore && at > rows.length - 5) loadMore();
  });
  return (
    <div className="sheet">
      <title>{`${text.incidents.title} · ${text.app.name}`}</title>
      <header className="sheet-top">
        <div>
          <h1>{text.incidents.title}</h1>
          <p className="dim">{text.incidents.intro}</p>
        </div>
        {selected !== null && <ActionBar actions={actions} right="incidents.write" />}
      </header>
      <section className="incidents-frame" aria-label={text.incidents.title}>
        <FilterBar filter={filter} onChange={setFilter} shown={incidents.isLoading ? null : rows.length} hasMore={hasMore} />
        {incidents.error && !incidents.isLoading && <StaleNotice asOf={incidents.asOf} onRetry={incidents.retry} />}
        {hasMore && (
          <Notice>
            <strong>{text.incidents.tooMany(number(rows.length, language))}</strong> {text.incidents.tooManyHint}
          </Notice>
        )}
        <ListState incidents={incidents} filter={filter} onClear={() => setFilter(NOTHING)}>
          <IncidentTable rows={rows} selectedId={selectedId} onSelect={select} onOpen={open} />
          <div className="sheet-more incidents-end">
            {hasMore ? <Button onPress={loadMore}>{text.app.more}</Button> : <p className="dim">{text.incidents.end}</p>}
          </div>
        </ListState>
      </section>
      {dialogs}
    </div>
  );
}

function FilterBar(props: {
  filter: IncidentFilter;
  onChange: (change: Partial<IncidentFilter>) => void;
  /** Null before the first answer. */
  shown: number | null;
  hasMore: boolean;
}): ReactNode {
  const { text, language } = useSpeech();
  const { sites, nameOf } = useSites();
  const { filter, onChange } = props;
  const parents = new Set(sites.map((site) => site.parent));
  const leaves = sites.filter((site) => !parents.has(site.id));
  const stateName = (state: ShownState) => (state === 'open' || state === 'all' ? text.incidents.shownStates[state] : text.state[state]);
  return (
    <div className="filter-bar" role="group" aria-label={text.alerts.filter}>
      <Choice
        label={text.incidents.state}
        value={filter.state}
        options={SHOWN_STATES.map((id) => ({ id, name: stateName(id) }))}
        onChange={(id) => onChange({ state: id as ShownState })}
      />
      <Choice
        label={text.incidents.level}
        value={filter.level}
        options={[{ id: '', name: text.alerts.anyLevel }, ...INCIDENT_LEVELS.map((id) => ({ id, name: text.level[id] }))]}
        onChange={(id) => onChange({ level: id as IncidentLevel | '' })}
      />
      <Choice
        label={text.incidents.site}
        value={filter.site}
        options={[{ id: '', name: text.alerts.anySite }, ...leaves.map(({ id }) => ({ id, name: nameOf(id) }))]}
        onChange={(site) => onChange({ site })}
      />
      {isNarrowed(filter) && (
        <Button look="quiet" isIcon aria-label={text.incidents.clear} onPress={() => onChange(NOTHING)}>
          <X size={15} aria-hidden="true" />
        </Button>
      )}
      <span className="filters-end dim" aria-live="polite">
        {props.shown !== null && text.incidents.total((props.hasMore ? '> ' : '') + number(props.shown, language))}
      </span>
    </div>
  );
}

/** Loading, failed, empty: what stands where rows would. */
function ListState(props: {
  incidents: Incidents;
  filter: IncidentFilter;
  onClear: () => void;
  children: ReactNode;
}): ReactNode {
  const text = useText();
  const { incidents } = props;
  if (incidents.isLoading) {
    if (incidents.error) return <Failed error={incidents.error} onRetry={incidents.retry} />;
    return <Bones rows={8} height={48} columns={['110px', '150px', '1fr', '180px', '120px', '120px']} />;
  }
  if (incidents.rows.length > 0) return props.children;
  if (isNarrowed(props.filter)) {
    return (
      <Screen
        icon={SearchX}
        title={text.incidents.emptyFilterTitle}
        actions={<Button onPress={props.onClear}>{text.incidents.clear}</Button>}
      >
        <p>{text.incidents.emptyFilterText}</p>
      </Screen>
    );
  }
  return (
    <Screen icon={CircleCheck} title={text.incidents.emptyTitle}>
      <p>{text.incidents.emptyText}</p>
    </Screen>
  );
}
