/// Who did what, when, and what they wrote.
import type { ReactNode } from 'react';
import type { Alert } from '../../lib/api';
import { useText } from '../../lib/i18n/i18n';
import { StateMark } from '../../ui/Marks';
import { Text } from '../../ui/Text';
import { Time } from '../../ui/Time';
import { Previous } from './Previous';

export function HistoryTab({ alert }: { alert: Alert }): ReactNode {
  const text = useText();
  return (
    <div className="why">
      <ol className="history">
        {alert.history.toReversed().map((entry, at) => (
          <li key={`${entry.at}-${at}`}>
            <Time at={entry.at} />
            <div>
              <p>
                <strong>
                  <Text value={entry.who || text.history.system} />
                </strong>{' '}
                {text.history[entry.action]}
                {entry.action === 'assign' && (
                  <>
                    {': '}
                    {entry.assignee === null ? text.triage.nobody : <Text value={entry.assignee} />}
                  </>
                )}
                {entry.undone && entry.action !== 'undone' && <span className="dim"> ({text.triage.takenBack})</span>}
              </p>
              {entry.to !== null && <StateMark state={entry.to} verdict={entry.verdict} />}
              {entry.note !== null && entry.note !== '' && (
                <blockquote>
                  <Text value={entry.note} />
                </blockquote>
              )}
            </div>
          </li>
        ))}
      </ol>
      {alert.previous && <Previous previous={alert.previous} />}
    </div>
  );
}
