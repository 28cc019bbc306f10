/// One line when the centre is not well: the gravest problem in words, and the way to the rest.
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { useText } from '../lib/i18n/i18n';
import { useHealth } from '../lib/useHealth';
import { Notice } from '../ui/Notice';
import { Time } from '../ui/Time';

export function HealthBar(): ReactNode {
  const text = useText();
  const { data } = useHealth();
  if (!data || data.status === 'ok') return null;
  const worst = data.problems.find((problem) => problem.severity === 'critical') ?? data.problems[0];
  const names: Record<string, string> = text.health.code;
  const others = data.problems.length - 1;
  return (
    <Notice
      tone={data.status === 'failing' ? 'critical' : 'warn'}
      end={<Link to="/health">{text.health.details}</Link>}
    >
      <strong>{worst ? (names[worst.code] ?? worst.message) : text.health.unknown}</strong>
      {worst && (
        <>
          {' · '}
          <Time at={worst.since} short />
        </>
      )}
      {others > 0 && ` · ${text.health.others(others)}`}
    </Notice>
  );
}
