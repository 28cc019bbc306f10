/// Who holds an alert.
import { CircleUser } from 'lucide-react';
import type { ReactNode } from 'react';
import type { AlertRow } from '../../lib/api';
import { useSession } from '../../lib/context';
import { useText } from '../../lib/i18n/i18n';
import { Text } from '../../ui/Text';

export function Holder({ row }: { row: Pick<AlertRow, 'assignee'> }): ReactNode {
  const text = useText();
  const { user } = useSession();
  if (row.assignee === null) return <span className="dim">{text.triage.unassigned}</span>;
  return (
    <span className="holder" title={text.triage.heldBy(row.assignee)}>
      <CircleUser size={12} aria-hidden="true" />
      {row.assignee === user ? text.triage.me : <Text value={row.assignee} />}
    </span>
  );
}
