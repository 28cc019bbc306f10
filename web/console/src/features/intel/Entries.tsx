/// The entries of a list, page by page, with a filter on the value.
import { SearchX, Trash2 } from 'lucide-react';
import { useDeferredValue, useState, type ReactNode } from 'react';
import type { IntelEntryRow } from '../../lib/api';
import { useText } from '../../lib/i18n/i18n';
import { wordOf } from '../../lib/i18n/word';
import { Bones } from '../../ui/Bones';
import { Button } from '../../ui/Button';
import { Failed, Screen } from '../../ui/Screen';
import { Text } from '../../ui/Text';
import { Ago, Time } from '../../ui/Time';
import { useEntries } from './useIntel';

export function Entries(props: { id: string; onRemove?: (entry: IntelEntryRow) => void }): ReactNode {
  const text = useText();
  const [filter, setFilter] = useState('');
  return (
    <section className="intel-entries">
      <input
        className="input"
        type="search"
        aria-label={text.intel.filter}
        placeholder={text.intel.filter}
        value={filter}
        onChange={(event) => setFilter(event.target.value)}
      />
      <Found id={props.id} value={useDeferredValue(filter.trim())} {...(props.onRemove && { onRemove: props.onRemove })} />
    </section>
  );
}

function Found(props: { id: string; value: string; onRemove?: (entry: IntelEntryRow) => void }): ReactNode {
  const text = useText();
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useEntries(props.id, props.value);
  if (data === undefined) {
    if (error) return <Failed error={error} onRetry={() => void refetch()} />;
    return <Bones rows={8} columns={['120px', '2fr', '80px', '160px', '160px', '1fr']} />;
  }
  const rows = data.pages.flatMap((page) => page.items);
  return (
    <>
      {rows.length > 0 ? <Table rows={rows} {...(props.onRemove && { onRemove: props.onRemove })} /> : !hasNextPage && <Nothing isFiltered={props.value !== ''} />}
      {hasNextPage && (
        <div className="intel-more">
          <Button isDisabled={isFetchingNextPage} onPress={() => void fetchNextPage()}>
            {text.app.more}
          </Button>
        </div>
      )}
    </>
  );
}

function Nothing({ isFiltered }: { isFiltered: boolean }): ReactNode {
  const text = useText();
  return (
    <Screen icon={SearchX} title={isFiltered ? text.intel.noMatch : text.intel.noEntries}>
      <p>{isFiltered ? text.intel.noMatchText : text.intel.noEntriesText}</p>
    </Screen>
  );
}

function Table(props: { rows: readonly IntelEntryRow[]; onRemove?: (entry: IntelEntryRow) => void }): ReactNode {
  const text = useText();
  return (
    <table className="table table-stack intel-table" aria-label={text.intel.entries}>
      <thead>
        <tr>
          <th scope="col">{text.intel.kind}</th>
          <th scope="col">{text.intel.value}</th>
          <th scope="col" className="number">
            {text.intel.confidence}
          </th>
          <th scope="col">{text.intel.source}</th>
          <th scope="col">{text.intel.until}</th>
          <th scope="col">{text.intel.addedBy}</th>
          {props.onRemove && <th scope="col">{text.intel.tools}</th>}
        </tr>
      </thead>
      <tbody>
        {props.rows.map((row) => (
          <tr key={`${row.kind} ${row.value}`} className={row.expired ? 'intel-off' : undefined}>
            <td>{wordOf(text.intel.kinds, row.kind)}</td>
            <td className="mono">
              <Text value={row.value} mayBreak />
            </td>
            <td className="number" data-label={text.intel.confidence}>
              {row.confidence}
            </td>
            <td data-label={text.intel.source}>
              <Text value={row.source} />
            </td>
            <td data-label={text.intel.until}>
              <Until row={row} />
            </td>
            <td data-label={text.intel.addedBy}>
              <AddedBy row={row} />
            </td>
            {props.onRemove && (
              <td>
                <Button look="quiet" isIcon aria-label={text.intel.removeOne(row.value)} onPress={() => props.onRemove?.(row)}>
                  <Trash2 size={14} aria-hidden="true" />
                </Button>
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Until({ row }: { row: IntelEntryRow }): ReactNode {
  const text = useText();
  if (row.valid_until === null) return <span className="dim">{text.intel.forEver}</span>;
  return (
    <>
      <Time at={row.valid_until} />
      {row.expired && <span className="dim"> · {text.intel.expired}</span>}
    </>
  );
}

function AddedBy({ row }: { row: IntelEntryRow }): ReactNode {
  const text = useText();
  if (row.added_by === null || row.added === null) return <span className="dim">{text.intel.byFile}</span>;
  return (
    <>
      <Text value={row.added_by} /> · <Ago at={row.added} />
      {row.comment !== '' && (
        <>
          {' '}
          <br />
          <span className="dim">
            <Text value={row.comment} />
          </span>
        </>
      )}
    </>
  );
}
