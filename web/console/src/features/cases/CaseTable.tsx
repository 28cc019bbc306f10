/// The list of cases, the newest change first.
import { useEffect, type ReactNode } from 'react';
import type { Case } from '../../lib/cases';
import { useText } from '../../lib/i18n/i18n';
import { Bones } from '../../ui/Bones';
import { Button } from '../../ui/Button';
import { SeverityMark, StateMark } from '../../ui/Marks';
import { StaleNotice } from '../../ui/Notice';
import { Failed } from '../../ui/Screen';
import { Ago } from '../../ui/Time';
import { NoCases, type CasesShown } from './Board';
import { Assignee, CaseTitle, Counts, Sites } from './CaseCard';
import { useCaseList } from './useCases';

export function CaseTable(props: CasesShown): ReactNode {
  const text = useText();
  const words = text.cases;
  const list = useCaseList(props.query);
  const { rows } = list;
  const { onRows } = props;
  useEffect(() => onRows(rows), [rows, onRows]);
  if (list.isLoading) {
    if (list.error) return <Failed error={list.error} onRetry={list.retry} />;
    return <Bones rows={8} height={48} columns={['110px', '130px', '1fr', '160px', '110px', '110px']} />;
  }
  if (rows.length === 0) return <NoCases isNarrowed={props.isNarrowed} onClear={props.onClear} />;
  return (
    <>
      {list.error && <StaleNotice asOf={list.asOf} onRetry={list.retry} />}
      <table className="table table-stack cases-table" aria-label={words.title}>
        <thead>
          <tr>
            <th scope="col">{words.level}</th>
            <th scope="col">{text.incidents.state}</th>
            <th scope="col">{words.case}</th>
            <th scope="col">{words.assignee}</th>
            <th scope="col">{words.tabs.alerts}</th>
            <th scope="col">{words.updated}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.id} row={row} {...props} />
          ))}
        </tbody>
      </table>
      {list.hasMore && (
        <div className="sheet-more cases-end">
          <Button onPress={list.loadMore}>{text.app.more}</Button>
        </div>
      )}
    </>
  );
}

function Row({ row, selectedId, onSelect, onOpen }: CasesShown & { row: Case }): ReactNode {
  const { cases: words } = useText();
  return (
    <tr
      id={`case-${row.id}`}
      className={row.id === selectedId ? 'case-selected' : ''}
      aria-current={row.id === selectedId ? 'true' : undefined}
      onClick={() => onSelect(row.id)}
      onDoubleClick={() => onOpen(row.id)}
    >
      <td>
        <SeverityMark level={row.level} />
      </td>
      <td>
        <StateMark state={row.state} verdict={row.verdict} isShort />
      </td>
      <td>
        <span className="mono dim">{row.id}</span>
        <CaseTitle row={row} />
        <Sites sites={row.sites} />
      </td>
      <td data-label={words.assignee}>
        <Assignee name={row.assignee} />
      </td>
      <td data-label={words.tabs.alerts}>
        <Counts row={row} />
      </td>
      <td data-label={words.updated}>
        <Ago at={row.updated} />
      </td>
    </tr>
  );
}
