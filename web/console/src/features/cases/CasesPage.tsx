/// The cases: a board by state, or a list; worked through with the keys.
import { LayoutGrid, List, Plus, X } from 'lucide-react';
import { useCallback, useEffect, useMemo, useState, type ReactNode } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import { LEVELS, type Level } from '../../lib/api';
import type { Case } from '../../lib/cases';
import { useMay } from '../../lib/context';
import { useText } from '../../lib/i18n/i18n';
import { useActions } from '../../lib/shortcuts';
import { useSelection } from '../../lib/useSelection';
import { Button } from '../../ui/Button';
import { Chips } from '../../ui/Chips';
import { Choice } from '../../ui/Choice';
import { SearchBox } from '../../ui/SearchBox';
import { Board } from './Board';
import { CaseForm } from './CaseForm';
import { CaseTable } from './CaseTable';
import { NOTHING, isNarrowed, queryOf, readFilter, writeFilter, type CaseFilter, type Whose } from './filter';
import './cases.css';

export function CasesPage(): ReactNode {
  const text = useText();
  const words = text.cases;
  const [params, setParams] = useSearchParams();
  const navigate = useNavigate();
  const search = params.toString();
  const filter = useMemo(() => readFilter(new URLSearchParams(search)), [search]);
  const query = useMemo(() => queryOf(filter), [filter]);
  const [rows, setRows] = useState<readonly Case[]>([]);
  const [selectedId, select] = useSelection('sel');
  const [isOpening, setOpening] = useState(false);
  const mayWrite = useMay('cases.write');
  const setFilter = useCallback(
    (change: Partial<CaseFilter>) => {
      select(null);
      setParams((last) => writeFilter(last, change));
    },
    [select, setParams],
  );
  const open = useCallback((id: string) => void navigate(`/cases/${encodeURIComponent(id)}`, { state: { list: search } }), [navigate, search]);
  const at = rows.findIndex((row) => row.id === selectedId);
  const move = (step: number) => {
    const next = rows[at < 0 ? 0 : Math.min(Math.max(at + step, 0), rows.length - 1)];
    if (next) select(next.id);
  };
  useEffect(() => {
    if (selectedId !== null) document.getElementById(`case-${selectedId}`)?.scrollIntoView?.({ block: 'nearest' });
  }, [selectedId]);
  const group = text.action.group.cases;
  const other = filter.view === 'board' ? 'table' : 'board';
  useActions([
    { name: 'next', label: words.next, group, keys: ['j', 'ArrowDown'], perform: () => move(1) },
    { name: 'prev', label: words.prev, group, keys: ['k', 'ArrowUp'], perform: () => move(-1) },
    { name: 'open', label: words.openOne, group, keys: ['Enter'], perform: () => at >= 0 && selectedId !== null && open(selectedId), isDisabled: at < 0 },
    { name: 'new', label: words.form.newTitle, group, keys: ['n'], perform: () => setOpening(true), isDisabled: !mayWrite },
    { name: 'view', label: words.switchView, group, keys: ['b'], perform: () => setFilter({ view: other }) },
  ]);
  const shown = { query, isNarrowed: isNarrowed(filter), selectedId, onSelect: select, onOpen: open, onRows: setRows, onClear: () => setFilter(NOTHING) };
  return (
    <div className="sheet">
      <title>{`${words.title} · ${text.app.name}`}</title>
      <header className="sheet-top">
        <div>
          <h1>{words.title}</h1>
          <p className="dim">{words.intro}</p>
        </div>
        <div className="sheet-tools">
          {mayWrite && (
            <Button look="primary" shortcut="n" onPress={() => setOpening(true)}>
              <Plus size={14} aria-hidden="true" />
              {words.form.newTitle}
            </Button>
          )}
        </div>
      </header>
      <section className="cases-frame" aria-label={words.title}>
        <FilterBar filter={filter} onChange={setFilter} />
        {filter.view === 'board' ? <Board {...shown} /> : <CaseTable {...shown} />}
      </section>
      <CaseForm isOpen={isOpening} onClose={() => setOpening(false)} onOpened={(made) => open(made.id)} />
    </div>
  );
}

function FilterBar({ filter, onChange }: { filter: CaseFilter; onChange: (change: Partial<CaseFilter>) => void }): ReactNode {
  const text = useText();
  const words = text.cases;
  return (
    <div className="filter-bar" role="group" aria-label={text.alerts.filter}>
      <Chips
        label={words.assignee}
        value={filter.assignee === '' ? 'any' : filter.assignee}
        options={[
          { id: 'any', name: words.anyone },
          { id: 'me', name: words.mine },
          { id: 'none', name: words.nobody },
        ]}
        onChange={(id) => onChange({ assignee: id === 'any' ? '' : (id as Whose) })}
      />
      <Choice
        label={words.level}
        value={filter.level}
        options={[{ id: '', name: words.anyLevel }, ...LEVELS.map((id) => ({ id, name: text.level[id] }))]}
        onChange={(id) => onChange({ level: id as Level | '' })}
      />
      <SearchBox value={filter.text} label={words.find} hint={words.findHint} onChange={(value) => onChange({ text: value })} />
      {isNarrowed(filter) && (
        <Button look="quiet" isIcon aria-label={words.clear} onPress={() => onChange(NOTHING)}>
          <X size={15} aria-hidden="true" />
        </Button>
      )}
      <span className="filters-end case-views" role="group" aria-label={words.view}>
        <Button look="quiet" isIcon aria-label={words.board} aria-pressed={filter.view === 'board'} onPress={() => onChange({ view: 'board' })}>
          <LayoutGrid size={15} aria-hidden="true" />
        </Button>
        <Button look="quiet" isIcon aria-label={words.table} aria-pressed={filter.view === 'table'} onPress={() => onChange({ view: 'table' })}>
          <List size={15} aria-hidden="true" />
        </Button>
      </span>
    </div>
  );
}
