/// Whom the alert is about, each with its risk; each leads to its page, or to its other alerts.
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { AlertRow, Entity } from '../../lib/api';
import { useText } from '../../lib/i18n/i18n';
import { entityPath, entityType } from '../../lib/triage';
import { useEntity } from '../../lib/useEntity';
import { isFangable } from '../../lib/visible';
import { CopyButton } from '../../ui/CopyButton';
import { RiskMark } from '../../ui/RiskMark';
import { Text } from '../../ui/Text';

export function Entities({ alert }: { alert: Pick<AlertRow, 'entities' | 'exercise'> }): ReactNode {
  const text = useText();
  const { entities } = alert;
  if (entities.every((entity) => entity.value === '')) {
    return <p className="dim">{text.alerts.noEntities}</p>;
  }
  return (
    <ul className="entities">
      {entities
        .filter((entity) => entity.value !== '')
        .map((entity) => (
          <Item key={entity.field} entity={entity} exercise={alert.exercise} />
        ))}
    </ul>
  );
}

function Item({ entity, exercise }: { entity: Entity; exercise: boolean }): ReactNode {
  const { field, value } = entity;
  const type = entityType(field);
  const { data } = useEntity(type, value, exercise);
  const owner = data?.assets.find((asset) => asset.owner !== '')?.owner;
  return (
    <li>
      <span className="mono dim">{field}</span>
      <Link className="mono" to={type === null ? `/alerts?state=all&entity=${encodeURIComponent(value)}` : entityPath(type, value, exercise)}>
        <Text value={value} mayBreak />
      </Link>
      {data && <RiskMark score={data.risk.score} />}
      {isFangable(value) && <CopyButton value={value} isDefanged />}
      <CopyButton value={value} />
      {owner !== undefined && (
        <span className="entity-owner dim">
          <Text value={owner} />
        </span>
      )}
    </li>
  );
}
