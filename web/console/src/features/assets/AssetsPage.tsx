/// The assets: what stands at which site; what sensors saw, confirmed or dismissed by a person.
import { Download, Plus, Upload } from 'lucide-react';
import { useCallback, useEffect, useMemo, useRef, useState, type ReactNode, type Ref } from 'react';
import { useSearchParams } from 'react-router';
import type { Asset, AssetCounts, AssetState } from '../../lib/assets';
import { assetsExport } from '../../lib/client.assets';
import { useSites } from '../../lib/context';
import { number } from '../../lib/format';
import { useSpeech, useText } from '../../lib/i18n/i18n';
import { useActions } from '../../lib/shortcuts';
import { useSelection } from '../../lib/useSelection';
import { Button } from '../../ui/Button';
import { Chips } from '../../ui/Chips';
import { Choice } from '../../ui/Choice';
import { Notice, StaleNotice } from '../../ui/Notice';
import { SearchBox } from '../../ui/SearchBox';
import { AssetDialog } from './AssetDialog';
import { AssetsState } from './AssetsState';
import { AssetTable } from './AssetTable';
import { KINDS, NOTHING, TABS, isNarrowed, queryOf, readFilter, writeFilter, type AssetFilter, type Tab } from './filter';
import { ImportDialog } from './ImportDialog';
import { MarkedBar } from './MarkedBar';
import { RemoveDialog } from './RemoveDialog';
import { isOwn, useAssets, useMayWrite } from './useAssets';
import { useDecide } from './useDecide';
import './assets.css';

type Open = { what: 'add' | 'import' } | { what: 'edit' | 'remove'; asset: Asset } | null;

export function AssetsPage(): ReactNode {
  const { text, language } = useSpeech();
  const words = text.assets;
  const [params, setParams] = useSearchParams();
  const search = params.toString();
  const filter = useMemo(() => readFilter(new URLSearchParams(search)), [search]);
  const assets = useAssets(filter);
  const { rows, counts, hasMore, loadMore } = assets;
  const mayWrite = useMayWrite();
  const [open, setOpen] = useState<Open>(null);
  const input = useRef<HTMLInputElement>(null);
  const [selectedId, select] = useSelection('sel');
  const at = rows.findIndex((row) => row.id === selectedId);
  const selected = rows[at] ?? null;
  useHeir(rows, at, selectedId, select, assets.isLoading);

  const [marks, setMarks] = useState<ReadonlySet<string>>(new Set());
  const meant = rows.filter((row) => marks.has(row.id));
  const clearMarks = useCallback(() => setMarks(new Set()), []);
  const mark = useCallback((id: string) => setMarks((last) => flipped(last, id)), []);
  const { decide, isPending } = useDecide(clearMarks);
  const chosen = meant.length > 0 ? meant : selected && isOwn(selected) ? [selected] : [];
  const decidable = (state: AssetState) => (mayWrite && !isPending ? chosen.filter((each) => each.state !== state) : []);

  const setFilter = useCallback(
    (change: Partial<AssetFilter>) => {
      select(null);
      clearMarks();
      setParams((last) => writeFilter(last, change));
    },
    [select, setParams, clearMarks],
  );
  const latest = useRef(rows);
  useEffect(() => {
    latest.current = rows;
  });
  const openOne = useCallback((id: string) => {
    const asset = latest.current.find((row) => row.id === id);
    if (asset) setOpen({ what: 'edit', asset });
  }, []);
  const move = (step: number) => {
    const next = rows[at < 0 ? 0 : Math.min(Math.max(at + step, 0), rows.length - 1)];
    if (next) select(next.id);
  };
  const group = text.action.group.assets;
  const mayChange = mayWrite && selected !== null && isOwn(selected);
  const onConfirm = () => decide(decidable('confirmed'), 'confirmed');
  const onDismiss = () => decide(decidable('dismissed'), 'dismissed');
  const onRemove = () => selected && setOpen({ what: 'remove', asset: selected });
  useActions([
    { name: 'next', label: words.next, group, keys: ['j', 'ArrowDown'], perform: () => move(1) },
    { name: 'prev', label: words.prev, group, keys: ['k', 'ArrowUp'], perform: () => move(-1) },
    { name: 'open', label: mayChange ? words.edit : words.open, group, keys: ['Enter', 'e'], perform: () => selected && openOne(selected.id), isDisabled: selected === null },
    { name: 'mark', label: words.mark, group, keys: ['x'], perform: () => selected && mark(selected.id), isDisabled: !mayChange },
    { name: 'unmark', label: words.unmark, group, keys: ['Escape'], perform: clearMarks, isDisabled: meant.length === 0 },
    { name: 'confirm', label: words.confirm, group, keys: ['c'], perform: onConfirm, isDisabled: decidable('confirmed').length === 0 },
    { name: 'dismiss', label: words.dismiss, group, keys: ['d'], perform: onDismiss, isDisabled: decidable('dismissed').length === 0 },
    { name: 'remove', label: words.remove, group, keys: [], perform: onRemove, isDisabled: !mayChange },
    { name: 'add', label: words.add, group, keys: ['n'], perform: () => setOpen({ what: 'add' }), isDisabled: !mayWrite },
    { name: 'import', label: words.import, group, keys: ['i'], perform: () => setOpen({ what: 'import' }), isDisabled: !mayWrite },
    { name: 'find-asset', label: words.find, group, keys: ['/'], perform: () => input.current?.focus() },
  ]);
  useEffect(() => {
    if (at >= 0 && hasMore && at > rows.length - 5) loadMore();
  });
  const all = counts === null ? null : totalOf(counts, filter.tab);
  return (
    <div className="sheet">
      <title>{`${words.title} · ${text.app.name}`}</title>
      <header className="sheet-top">
        <div>
          <h1>{words.title}</h1>
          <p className="dim">{words.intro}</p>
        </div>
        <Tools filter={filter} mayWrite={mayWrite} onAdd={() => setOpen({ what: 'add' })} onImport={() => setOpen({ what: 'import' })} />
      </header>
      <section className="assets-frame" aria-label={words.title}>
        <FilterBar filter={filter} counts={counts} onChange={setFilter} input={input} />
        {mayWrite && (
          <MarkedBar
            marked={meant.length}
            selected={selected}
            canConfirm={decidable('confirmed').length > 0}
            canDismiss={decidable('dismissed').length > 0}
            onConfirm={onConfirm}
            onDismiss={onDismiss}
            onEdit={() => selected && openOne(selected.id)}
            onRemove={onRemove}
            onClear={clearMarks}
          />
        )}
        {assets.error && !assets.isLoading && <StaleNotice asOf={assets.asOf} onRetry={assets.retry} />}
        {hasMore && all !== null && (
          <Notice>
            <strong>{words.tooMany(number(rows.length, language), number(all, language))}</strong> {words.tooManyHint}
          </Notice>
        )}
        <AssetsState
          assets={assets}
          filter={filter}
          mayWrite={mayWrite}
          onClear={() => setFilter(NOTHING)}
          onTab={(tab) => setFilter({ tab })}
          onAdd={() => setOpen({ what: 'add' })}
          onImport={() => setOpen({ what: 'import' })}
        >
          <AssetTable
            rows={rows}
            selectedId={selectedId}
            marked={marks}
            mayMark={mayWrite}
            onSelect={select}
            onMark={mark}
            onOpen={openOne}
            onMarkAll={(isOn) => setMarks(new Set(isOn ? rows.filter(isOwn).map(({ id }) => id) : []))}
          />
          <div className="sheet-more assets-end">
            {hasMore ? <Button onPress={loadMore}>{text.app.more}</Button> : <p className="dim">{words.end}</p>}
          </div>
        </AssetsState>
      </section>
      <AssetDialog isOpen={open?.what === 'add' || open?.what === 'edit'} asset={open?.what === 'edit' ? open.asset : null} site={filter.site} onClose={() => setOpen(null)} />
      <RemoveDialog asset={open?.what === 'remove' ? open.asset : null} onClose={() => setOpen(null)} />
      <ImportDialog isOpen={open?.what === 'import'} onClose={() => setOpen(null)} />
    </div>
  );
}

/** One that leaves the list, being decided, hands the selection on to the next. */
function useHeir(rows: readonly Asset[], at: number, selectedId: string | null, select: (id: string) => void, isLoading: boolean): void {
  const place = useRef(-1);
  useEffect(() => {
    const heir = rows[Math.min(place.current, rows.length - 1)];
    if (at >= 0) place.current = at;
    else if (selectedId === null) place.current = -1;
    else if (place.current >= 0 && heir && !isLoading) select(heir.id);
  }, [at, rows, selectedId, select, isLoading]);
}

function flipped(marks: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(marks);
  if (!next.delete(id)) next.add(id);
  return next;
}

function totalOf(counts: AssetCounts, tab: Tab): number {
  return tab === 'all' ? counts.proposed + counts.confirmed + counts.dismissed : counts[tab];
}

function Tools(props: { filter: AssetFilter; mayWrite: boolean; onAdd: () => void; onImport: () => void }): ReactNode {
  const { assets: words } = useText();
  return (
    <div className="sheet-tools">
      {props.mayWrite && (
        <>
          <Button look="primary" shortcut="n" onPress={props.onAdd}>
            <Plus size={15} aria-hidden="true" />
            {words.add}
          </Button>
          <Button shortcut="i" onPress={props.onImport}>
            <Upload size={14} aria-hidden="true" />
            {words.import}
          </Button>
        </>
      )}
      <a className="button" href={assetsExport(queryOf(props.filter))} download title={words.exportHint}>
        <Download size={14} aria-hidden="true" />
        {words.export}
      </a>
    </div>
  );
}

function FilterBar(props: {
  filter: AssetFilter;
  counts: AssetCounts | null;
  onChange: (change: Partial<AssetFilter>) => void;
  input: Ref<HTMLInputElement>;
}): ReactNode {
  const { text, language } = useSpeech();
  const { sites, nameOf } = useSites();
  const words = text.assets;
  const { filter, counts, onChange } = props;
  const parents = new Set(sites.map((site) => site.parent));
  const leaves = sites.filter((site) => !parents.has(site.id));
  const tabName = (tab: Tab) => {
    const name = tab === 'all' ? words.all : words.states[tab];
    return counts === null ? name : `${name} ${number(totalOf(counts, tab), language)}`;
  };
  return (
    <div className="filter-bar" role="group" aria-label={text.alerts.filter}>
      <Chips label={words.state} value={filter.tab} options={TABS.map((id) => ({ id, name: tabName(id) }))} onChange={(tab) => onChange({ tab: tab as Tab })} />
      <span className="assets-narrow">
        <Choice
          label={words.site}
          value={filter.site}
          options={[{ id: '', name: text.alerts.anySite }, ...leaves.map(({ id }) => ({ id, name: nameOf(id) }))]}
          onChange={(site) => onChange({ site })}
        />
        <Choice
          label={words.kind}
          value={filter.kind}
          options={[{ id: '', name: words.anyKind }, ...KINDS.map((id) => ({ id, name: words.kinds[id] }))]}
          onChange={(kind) => onChange({ kind: kind as AssetFilter['kind'] })}
        />
        <SearchBox value={filter.text} label={words.find} hint={words.findHint} input={props.input} onChange={(value) => onChange({ text: value })} />
        {isNarrowed(filter) && (
          <Button look="quiet" onPress={() => onChange(NOTHING)}>
            {words.clear}
          </Button>
        )}
      </span>
    </div>
  );
}
