/// A case as the board and the list show it: what it is, whose, how far.
import { Bell, ListChecks, UserRound } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { Case } from '../../lib/cases';
import { useSites } from '../../lib/context';
import { number } from '../../lib/format';
import { useSpeech, useText } from '../../lib/i18n/i18n';
import { SeverityMark } from '../../ui/Marks';
import { Text } from '../../ui/Text';
import { Ago } from '../../ui/Time';

export interface CaseItemProps {
  row: Case;
  isSelected: boolean;
  onSelect: (id: string) => void;
  onOpen: (id: string) => void;
}

export function CaseCard({ row, isSelected, onSelect, onOpen }: CaseItemProps): ReactNode {
  return (
    <li
      id={`case-${row.id}`}
      className={isSelected ? 'case-card case-selected' : 'case-card'}
      aria-current={isSelected ? 'true' : undefined}
      onClick={() => onSelect(row.id)}
      onDoubleClick={() => onOpen(row.id)}
    >
      <p className="case-card-top">
        <SeverityMark level={row.level} />
        <span className="mono dim">{row.id}</span>
      </p>
      <CaseTitle row={row} />
      <Sites sites={row.sites} />
      <p className="case-card-foot">
        <Assignee name={row.assignee} />
        <Counts row={row} />
        <span className="dim">
          <Ago at={row.updated} />
        </span>
      </p>
    </li>
  );
}

export function CaseTitle({ row }: { row: Case }): ReactNode {
  const text = useText();
  return (
    <p className="case-title">
      <Link to={`/cases/${encodeURIComponent(row.id)}`}>
        <Text value={row.title} mayBreak />
      </Link>
      {row.exercise && <span className="tag tag-exercise">{text.app.exercise}</span>}
    </p>
  );
}

/** Where it is, as far as the reader may see it. */
export function Sites({ sites }: { sites: readonly string[] }): ReactNode {
  const text = useText();
  const { nameOf } = useSites();
  const names = sites.map((site) => (site === '' ? text.cases.province : nameOf(site)));
  return <p className="dim case-sites">{names.join(', ')}</p>;
}

export function Assignee({ name }: { name: string | null }): ReactNode {
  const text = useText();
  return (
    <span className={name === null ? 'case-who dim' : 'case-who'}>
      <UserRound size={12} aria-hidden="true" />
      {name === null ? text.cases.nobody : <Text value={name} />}
    </span>
  );
}

export function Counts({ row }: { row: Case }): ReactNode {
  const { text, language } = useSpeech();
  const { alerts, tasks, done } = row.counts;
  const [all, finished] = [number(tasks, language), number(done, language)];
  return (
    <span className="case-counts dim">
      <span title={text.cases.alertsOf(number(alerts, language))}>
        <Bell size={12} aria-hidden="true" /> <span className="hidden-text">{text.cases.alertsOf('')}</span>
        {number(alerts, language)}
      </span>
      {tasks > 0 && (
        <span title={text.cases.tasksOf(finished, all)}>
          <ListChecks size={12} aria-hidden="true" /> {finished}/{all}
        </span>
      )}
    </span>
  );
}
