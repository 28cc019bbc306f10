/// The alert before this one on the same entities, and how it ended.
import { History } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { Alert } from '../../lib/api';
import { useText } from '../../lib/i18n/i18n';

export function Previous({ previous }: { previous: NonNullable<Alert['previous']> }): ReactNode {
  const text = useText();
  const words =
    previous.verdict === null
      ? text.alerts.previousOpen
      : text.alerts.previousVerdict(text.verdict[previous.verdict]);
  return (
    <p className="previous">
      <History size={14} aria-hidden="true" />
      <Link to={`/alerts/${previous.id}`}>{words}</Link>
    </p>
  );
}
