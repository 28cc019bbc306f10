/// The table of assets, dense; the keys move the selection, a box marks many.
import { memo, useEffect, useRef, type ReactNode } from 'react';
import type { Asset } from '../../lib/assets';
import { useNow } from '../../lib/clock';
import { useSession, useSites } from '../../lib/context';
import { useText } from '../../lib/i18n/i18n';
import { Text } from '../../ui/Text';
import { Ago } from '../../ui/Time';
import { AssetStateMark, CriticalityMark, originText } from './AssetMarks';
import { isOver } from './draft';
import { isOwn } from './useAssets';

export interface AssetTableProps {
  rows: readonly Asset[];
  selectedId: string | null;
  marked: ReadonlySet<string>;
  mayMark: boolean;
  /** All three never change. */
  onSelect: (id: string) => void;
  onMark: (id: string) => void;
  onOpen: (id: string) => void;
  onMarkAll: (isOn: boolean) => void;
}

export function AssetTable(props: AssetTableProps): ReactNode {
  const text = useText();
  const words = text.assets;
  const { rows, selectedId, marked, mayMark } = props;
  const table = useRef<HTMLTableElement>(null);
  useEffect(() => {
    table.current?.querySelector('[aria-selected="true"]')?.scrollIntoView?.({ block: 'nearest' });
  }, [selectedId]);
  const own = rows.filter(isOwn);
  const isAll = own.length > 0 && own.every(({ id }) => marked.has(id));
  return (
    <table
      ref={table}
      role="grid"
      className="table table-stack assets-table"
      aria-label={words.title}
      aria-activedescendant={selectedId === null ? undefined : `asset-${selectedId}`}
      tabIndex={0}
    >
      <thead>
        <tr>
          {mayMark && (
            <th scope="col">
              <input type="checkbox" aria-label={words.markAll} checked={isAll} disabled={own.length === 0} onChange={() => props.onMarkAll(!isAll)} />
            </th>
          )}
          <th scope="col">{words.address}</th>
          <th scope="col">{words.nameRole}</th>
          <th scope="col">{words.criticality}</th>
          <th scope="col">{words.site}</th>
          <th scope="col">{words.ownerContact}</th>
          <th scope="col">{words.state}</th>
          <th scope="col">{words.origin}</th>
          <th scope="col">{words.lastSeen}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row
            key={row.id}
            row={row}
            isSelected={row.id === selectedId}
            isMarked={marked.has(row.id)}
            mayMark={mayMark}
            onSelect={props.onSelect}
            onMark={props.onMark}
            onOpen={props.onOpen}
          />
        ))}
      </tbody>
    </table>
  );
}

interface RowProps extends Pick<AssetTableProps, 'mayMark' | 'onSelect' | 'onMark' | 'onOpen'> {
  row: Asset;
  isSelected: boolean;
  isMarked: boolean;
}

/** One row changes without the others. */
const Row = memo(function Row({ row, isSelected, isMarked, mayMark, onSelect, onMark, onOpen }: RowProps): ReactNode {
  const text = useText();
  const words = text.assets;
  const { nameOf } = useSites();
  const { exercise: isDemo } = useSession();
  const now = useNow();
  const className = [isSelected && 'asset-selected', isMarked && 'asset-marked', row.state === 'dismissed' && 'asset-off'];
  return (
    <tr
      id={`asset-${row.id}`}
      aria-selected={isSelected}
      className={className.filter(Boolean).join(' ')}
      onClick={() => onSelect(row.id)}
      onDoubleClick={() => onOpen(row.id)}
    >
      {mayMark && (
        <td className="asset-box">
          {isOwn(row) && (
            <input
              type="checkbox"
              aria-label={words.markOne(row.address)}
              checked={isMarked}
              onClick={(event) => event.stopPropagation()}
              onChange={() => onMark(row.id)}
            />
          )}
        </td>
      )}
      <td>
        <button type="button" className="asset-open mono" onClick={() => onOpen(row.id)}>
          <Text value={row.address} mayBreak />
        </button>
        {row.exercise && !isDemo && <span className="tag tag-exercise">{text.app.exercise}</span>}
      </td>
      <td className={row.name === '' && row.role === '' ? 'asset-empty' : undefined}>
        <Two first={row.name} second={row.role} />
      </td>
      <td>
        <CriticalityMark criticality={row.criticality} />
      </td>
      <td data-label={words.site}>{row.site === '' ? text.incidents.province : nameOf(row.site)}</td>
      <td data-label={words.ownerContact} className={row.owner === '' && row.contact === '' ? 'asset-empty' : undefined}>
        <Two first={row.owner} second={row.contact} />
      </td>
      <td>
        <AssetStateMark state={row.state} />
        {isOver(row, now) && <span className="asset-second dim">{words.over}</span>}
      </td>
      <td data-label={words.origin}>{originText(row, words)}</td>
      <td data-label={words.lastSeen} className={row.last_seen === null ? 'asset-empty' : undefined}>{row.last_seen === null ? <span className="dim">—</span> : <Ago at={row.last_seen} />}</td>
    </tr>
  );
});

/** What is empty takes no room; both empty is a dash. */
function Two({ first, second }: { first: string; second: string }): ReactNode {
  if (first === '' && second === '') return <span className="dim">—</span>;
  return (
    <>
      {first !== '' && <Text value={first} mayBreak />}
      {second !== '' && (
        <span className={first === '' ? undefined : 'asset-second dim'}>
          <Text value={second} mayBreak />
        </span>
      )}
    </>
  );
}
