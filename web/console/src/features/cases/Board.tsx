/// The board: a column for each state.
import { FolderOpen, SearchX } from 'lucide-react';
import { useEffect, useMemo, type ReactNode } from 'react';
import { CASE_STATES, type Case, type CasePage, type CaseState } from '../../lib/cases';
import type { CaseQuery } from '../../lib/client.cases';
import { number } from '../../lib/format';
import { useSpeech, useText } from '../../lib/i18n/i18n';
import { Bones } from '../../ui/Bones';
import { Button } from '../../ui/Button';
import { Notice, StaleNotice } from '../../ui/Notice';
import { Failed, Screen } from '../../ui/Screen';
import { CaseCard } from './CaseCard';
import { useColumn } from './useCases';

export interface CasesShown {
  query: CaseQuery;
  isNarrowed: boolean;
  selectedId: string | null;
  onSelect: (id: string) => void;
  onOpen: (id: string) => void;
  /** The rows in the order of the keys. */
  onRows: (rows: readonly Case[]) => void;
  onClear: () => void;
}

export function Board(props: CasesShown): ReactNode {
  const text = useText();
  const { query, onRows } = props;
  const columns = { new: useColumn('new', query), in_work: useColumn('in_work', query), closed: useColumn('closed', query) };
  const pages = CASE_STATES.map((state) => columns[state].data);
  const [fresh, working, closed] = pages;
  const rows = useMemo(() => [fresh, working, closed].flatMap((page) => page?.items ?? []), [fresh, working, closed]);
  useEffect(() => onRows(rows), [rows, onRows]);
  const failed = CASE_STATES.map((state) => columns[state]).find(({ error }) => error !== null);
  const retry = () => CASE_STATES.forEach((state) => void columns[state].refetch());
  if (pages.some((page) => page === undefined)) {
    if (failed?.error) return <Failed error={failed.error} onRetry={retry} />;
    return (
      <div className="board">
        {CASE_STATES.map((state) => (
          <div key={state} className="board-column">
            <Bones rows={4} height={96} columns={['1fr']} />
          </div>
        ))}
      </div>
    );
  }
  if (rows.length === 0) return <NoCases isNarrowed={props.isNarrowed} onClear={props.onClear} />;
  return (
    <>
      {failed && <StaleNotice asOf={failed.dataUpdatedAt} onRetry={retry} />}
      <div className="board">
        {CASE_STATES.map((state, at) => (
          <Column key={state} state={state} page={pages[at]} {...props} />
        ))}
      </div>
      <p className="hidden-text" aria-live="polite">
        {text.cases.count(String(rows.length))}
      </p>
    </>
  );
}

function Column(props: CasesShown & { state: CaseState; page: CasePage | undefined }): ReactNode {
  const { text, language } = useSpeech();
  const { state, page } = props;
  const items = page?.items ?? [];
  return (
    <section className="board-column" aria-label={text.cases.states[state]}>
      <h2>
        {text.cases.states[state]} <span className="dim">{number(page?.counts[state] ?? 0, language)}</span>
      </h2>
      {items.length === 0 && <p className="dim board-none">{text.cases.none}</p>}
      <ul>
        {items.map((row) => (
          <CaseCard key={row.id} row={row} isSelected={row.id === props.selectedId} onSelect={props.onSelect} onOpen={props.onOpen} />
        ))}
      </ul>
      {page !== undefined && page.next !== null && <Notice>{text.cases.more(number(items.length, language))}</Notice>}
    </section>
  );
}

export function NoCases({ isNarrowed, onClear }: { isNarrowed: boolean; onClear: () => void }): ReactNode {
  const { cases: words } = useText();
  if (isNarrowed) {
    return (
      <Screen icon={SearchX} title={words.emptyFilterTitle} actions={<Button onPress={onClear}>{words.clear}</Button>}>
        <p>{words.emptyFilterText}</p>
      </Screen>
    );
  }
  return (
    <Screen icon={FolderOpen} title={words.emptyTitle}>
      <p>{words.emptyText}</p>
    </Screen>
  );
}
