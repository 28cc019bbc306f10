/// The list of incidents; the keys move the selection, a double click or Enter opens.
import { useEffect, useRef, type ReactNode } from 'react';
import { Link } from 'react-router';
import { useSites } from '../../lib/context';
import { useSpeech, useText } from '../../lib/i18n/i18n';
import type { Incident } from '../../lib/incidents';
import { SeverityMark } from '../../ui/Marks';
import { Text } from '../../ui/Text';
import { Ago } from '../../ui/Time';
import { IncidentState } from './IncidentMarks';
import { IncidentTitle } from './IncidentName';

export interface IncidentTableProps {
  rows: readonly Incident[];
  selectedId: string | null;
  onSelect: (id: string) => void;
  onOpen: (id: string) => void;
}

export function IncidentTable(props: IncidentTableProps): ReactNode {
  const text = useText();
  const { rows, selectedId } = props;
  const table = useRef<HTMLTableElement>(null);
  useEffect(() => {
    table.current?.querySelector('[aria-selected="true"]')?.scrollIntoView?.({ block: 'nearest' });
  }, [selectedId]);
  const words = text.incidents;
  return (
    <table
      ref={table}
      role="grid"
      className="table table-stack incidents-table"
      aria-label={words.title}
      aria-activedescendant={selectedId === null ? undefined : `incident-${selectedId}`}
      tabIndex={0}
    >
      <thead>
        <tr>
          <th scope="col">{words.level}</th>
          <th scope="col">{words.state}</th>
          <th scope="col">{words.incident}</th>
          <th scope="col">{words.site}</th>
          <th scope="col">{words.opened}</th>
          <th scope="col">{words.updated}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={row.id} row={row} {...props} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ row, selectedId, onSelect, onOpen }: IncidentTableProps & { row: Incident }): ReactNode {
  const text = useText();
  const { nameOf } = useSites();
  const { language } = useSpeech();
  // What the title names already is not said twice.
  const about = Object.values(row.dimensions).filter((value) => !row.title[language].includes(value));
  const isSelected = row.id === selectedId;
  const className = [isSelected && 'incident-selected', row.state === 'new' && 'incident-new'];
  return (
    <tr
      id={`incident-${row.id}`}
      aria-selected={isSelected}
      className={className.filter(Boolean).join(' ')}
      onClick={() => onSelect(row.id)}
      onDoubleClick={() => onOpen(row.id)}
    >
      <td>
        <SeverityMark level={row.level} />
      </td>
      <td className="incident-state">
        <IncidentState incident={row} />
      </td>
      <td>
        <Link to={`/incidents/${encodeURIComponent(row.id)}`} className="incident-title">
          <IncidentTitle incident={row} />
        </Link>
        {row.exercise && <span className="tag tag-exercise">{text.app.exercise}</span>}
        {about.length > 0 && (
          <span className="incident-about mono dim">
            <Text value={about.join(' · ')} />
          </span>
        )}
      </td>
      <td data-label={text.incidents.site}>{row.site === '' ? text.incidents.province : nameOf(row.site)}</td>
      <td data-label={text.incidents.opened}>
        <Ago at={row.opened} />
      </td>
      <td data-label={text.incidents.updated}>
        <Ago at={row.updated} />
      </td>
    </tr>
  );
}
