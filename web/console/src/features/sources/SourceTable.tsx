/// The table of sources; the worst first, any column sorts.
import {
  createColumnHelper,
  flexRender,
  getCoreRowModel,
  getSortedRowModel,
  useReactTable,
  type Header,
  type SortingState,
} from '@tanstack/react-table';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { useMemo, useState, type ReactNode } from 'react';
import { Link } from 'react-router';
import type { Source } from '../../lib/api';
import { useMay, useSites } from '../../lib/context';
import { number } from '../../lib/format';
import { narrowed, term } from '../../lib/fields';
import { useSpeech, type Dictionary } from '../../lib/i18n/i18n';
import { wordOf } from '../../lib/i18n/word';
import { FreshnessMark } from '../../ui/Marks';
import { Text } from '../../ui/Text';
import { Ago } from '../../ui/Time';
import { Problems } from './Problems';

const column = createColumnHelper<Source>();
const WORST_FIRST: Source['freshness'][] = ['stale', 'never', 'late', 'fresh'];
const NUMBERS = new Set(['events', 'parseFailed', 'dropped']);

export function SourceTable({ sources }: { sources: readonly Source[] }): ReactNode {
  const { text, language } = useSpeech();
  const { nameOf } = useSites();
  const mayHunt = useMay('events.read');
  const [sorting, setSorting] = useState<SortingState>([{ id: 'freshness', desc: false }]);
  const data = useMemo(() => [...sources], [sources]);
  const columns = useMemo(
    () => columnsOf(text, (value) => number(value, language), nameOf, mayHunt),
    [text, language, nameOf, mayHunt],
  );
  const table = useReactTable({
    data,
    columns,
    state: { sorting },
    onSortingChange: setSorting,
    // Two sensors may call their sources alike.
    getRowId: (source) => `${source.sensor} ${source.id}`,
    getCoreRowModel: getCoreRowModel(),
    getSortedRowModel: getSortedRowModel(),
  });
  return (
    <table className="table sources-table" aria-label={text.sources.title}>
      <thead>
        {table.getHeaderGroups().map((group) => (
          <tr key={group.id}>
            {group.headers.map((header) => (
              <Head key={header.id} header={header} />
            ))}
          </tr>
        ))}
      </thead>
      <tbody>
        {table.getRowModel().rows.map((row) => (
          <tr key={row.id} className={`source-${row.original.freshness}`}>
            {row.getVisibleCells().map((cell) => (
              <td key={cell.id} className={NUMBERS.has(cell.column.id) ? 'number' : undefined}>
                {flexRender(cell.column.columnDef.cell, cell.getContext())}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Head({ header }: { header: Header<Source, unknown> }): ReactNode {
  const sorted = header.column.getIsSorted();
  const Icon = sorted === 'desc' ? ArrowDown : ArrowUp;
  const order = sorted === 'asc' ? 'ascending' : sorted === 'desc' ? 'descending' : 'none';
  return (
    <th scope="col" aria-sort={order} className={NUMBERS.has(header.id) ? 'number' : undefined}>
      <button type="button" className="sort" onClick={header.column.getToggleSortingHandler()}>
        {flexRender(header.column.columnDef.header, header.getContext())}
        {sorted !== false && <Icon size={12} aria-hidden="true" />}
      </button>
    </th>
  );
}

function columnsOf(
  text: Dictionary,
  n: (value: number) => string,
  nameOf: (id: string) => string,
  mayHunt: boolean,
) {
  return [
    column.accessor((source) => WORST_FIRST.indexOf(source.freshness), {
      id: 'freshness',
      header: text.sources.freshness,
      cell: ({ row }) => <FreshnessMark freshness={row.original.freshness} />,
    }),
    column.accessor('id', {
      header: text.sources.source,
      cell: ({ row: { original: source } }) => (
        <>
          <span className="mono">
            {mayHunt ? (
              <Link to={`/hunt?q=${encodeURIComponent(eventsOf(source))}`} title={text.sources.hunt}>
                <Text value={source.id} />
              </Link>
            ) : (
              <Text value={source.id} />
            )}
          </span>
          <br />
          <span className="dim">
            <Text value={wordOf(text.sources.kinds, source.kind)} />
            {source.exercise && ` · ${text.sources.exercise}`}
          </span>
        </>
      ),
    }),
    column.accessor((source) => nameOf(source.site), {
      id: 'site',
      header: text.sources.site,
      cell: ({ row, getValue }) => (
        <>
          {getValue()}
          <br />
          <span className="dim mono">
            <Text value={row.original.sensor} />
          </span>
        </>
      ),
    }),
    column.accessor('last_event', {
      id: 'lastEvent',
      header: text.sources.lastEvent,
      cell: ({ getValue }) => <Moment at={getValue()} />,
    }),
    column.accessor('last_received', {
      id: 'lastReceived',
      header: text.sources.lastReceived,
      cell: ({ getValue }) => <Moment at={getValue()} />,
    }),
    column.accessor('events', { id: 'events', header: text.sources.events, cell: ({ getValue }) => n(getValue()) }),
    column.accessor('parse_failed', {
      id: 'parseFailed',
      header: text.sources.parseFailed,
      cell: ({ getValue }) => <Bad value={getValue()} shown={n(getValue())} />,
    }),
    column.accessor('dropped', {
      id: 'dropped',
      header: text.sources.dropped,
      cell: ({ getValue }) => <Bad value={getValue()} shown={n(getValue())} />,
    }),
    column.accessor((source) => source.problems.length, {
      id: 'problems',
      header: text.sources.problems,
      cell: ({ row }) => <Problems problems={row.original.problems} />,
    }),
  ];
}

/** Of a source of another sensor, whose name may not be its alone. */
function eventsOf({ id, kind, sensor }: Source): string {
  return kind === 'sensor' ? narrowed(term('source', id), term('sensor', sensor)) : term('source', id);
}

function Moment({ at }: { at: string | null }): ReactNode {
  return at === null ? <span className="dim">—</span> : <Ago at={at} />;
}

function Bad({ value, shown }: { value: number; shown: string }): ReactNode {
  return <span className={value > 0 ? 'bad-number' : 'dim'}>{shown}</span>;
}
