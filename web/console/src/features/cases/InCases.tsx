/// The cases that an alert is in, on the alert's page.
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { useMay } from '../../lib/context';
import { useText } from '../../lib/i18n/i18n';
import { Text } from '../../ui/Text';
import { useCasesOf } from './useCases';

export function InCases({ alert }: { alert: string }): ReactNode {
  const { cases: words } = useText();
  const mayRead = useMay('cases.read');
  const cases = useCasesOf(mayRead ? alert : null);
  if (cases.length === 0) return null;
  return (
    <section>
      <h3>{words.title}</h3>
      <ul>
        {cases.map(({ id, title }) => (
          <li key={id}>
            <Link to={`/cases/${encodeURIComponent(id)}`}>
              <span className="mono">{id}</span> <Text value={title} />
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
