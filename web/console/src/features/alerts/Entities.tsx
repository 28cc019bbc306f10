/// Whom the alert is about; each leads to its other alerts.
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { Entity } from '../../lib/api';
import { useText } from '../../lib/i18n/i18n';
import { isFangable } from '../../lib/visible';
import { CopyButton } from '../../ui/CopyButton';
import { Text } from '../../ui/Text';

export function Entities({ entities }: { entities: readonly Entity[] }): ReactNode {
  const text = useText();
  if (entities.every((entity) => entity.value === '')) {
    return <p className="dim">{text.alerts.noEntities}</p>;
  }
  return (
    <ul className="entities">
      {entities
        .filter((entity) => entity.value !== '')
        .map((entity) => (
          <li key={entity.field}>
            <span className="mono dim">{entity.field}</span>
            <Link className="mono" to={`/alerts?state=all&entity=${encodeURIComponent(entity.value)}`}>
              <Text value={entity.value} mayBreak />
            </Link>
            {isFangable(entity.value) && <CopyButton value={entity.value} isDefanged />}
            <CopyButton value={entity.value} />
          </li>
        ))}
    </ul>
  );
}
