/// What earlier alerts of the same rule on the same entity turned out to be: the best guess for this one.
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { AlertRow } from '../../lib/api';
import { useClient } from '../../lib/context';
import { number } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { StateMark } from '../../ui/Marks';
import { Text } from '../../ui/Text';
import { Ago } from '../../ui/Time';

const SHOWN = 5;

export function Earlier({ alert }: { alert: AlertRow }): ReactNode {
  const { text, language } = useSpeech();
  const client = useClient();
  const entity = alert.entities.find((each) => each.value !== '')?.value ?? '';
  const { data } = useQuery({
    queryKey: ['alerts', 'earlier', alert.rule.id, entity],
    queryFn: ({ signal }) =>
      client.alerts({ state: 'closed', rule: alert.rule.id, entity, limit: String(SHOWN + 1) }, signal),
    enabled: entity !== '',
    staleTime: 30_000,
  });
  if (entity === '' || data === undefined) return null;
  const earlier = data.items.filter((row) => row.id !== alert.id).slice(0, SHOWN);
  const all = `/alerts?${new URLSearchParams({ state: 'closed', rule: alert.rule.id, entity })}`;
  return (
    <section>
      <h3>
        {text.triage.earlier} (<Text value={entity} />)
      </h3>
      {earlier.length === 0 ? (
        <p className="dim">{text.triage.earlierNone}</p>
      ) : (
        <ul className="earlier">
          {earlier.map((row) => (
            <li key={row.id}>
              <Link to={`/alerts/${row.id}`}>
                <StateMark state={row.state} verdict={row.verdict} isShort />
              </Link>
              <span className="dim">
                <Ago at={row.last} />
              </span>
            </li>
          ))}
        </ul>
      )}
      {data.total > SHOWN && <Link to={all}>{text.triage.earlierAll((data.total_capped ? '> ' : '') + number(data.total, language))}</Link>}
    </section>
  );
}
