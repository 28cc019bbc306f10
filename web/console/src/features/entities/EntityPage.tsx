/// An address, a computer, an account or a name: how much to worry and why, whose it is, what it raised.
import { Bell, Search } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link, useParams, useSearchParams } from 'react-router';
import { STATES } from '../../lib/api';
import { useMay, useSession } from '../../lib/context';
import { number } from '../../lib/format';
import { useSpeech, useText } from '../../lib/i18n/i18n';
import type { EntityPage as Entity, EntityType } from '../../lib/triage';
import { useEntity } from '../../lib/useEntity';
import { isFangable, visible } from '../../lib/visible';
import { Bones } from '../../ui/Bones';
import { CopyButton } from '../../ui/CopyButton';
import { FactList } from '../../ui/FactList';
import { SeverityMark, StateMark } from '../../ui/Marks';
import { Notice, StaleNotice } from '../../ui/Notice';
import { RiskMark } from '../../ui/RiskMark';
import { RuleTitle } from '../../ui/RuleTitle';
import { Failed } from '../../ui/Screen';
import { Text } from '../../ui/Text';
import { Ago, Time } from '../../ui/Time';
import { Assets } from './Assets';
import { Risk } from './Risk';
import './entities.css';

const TYPES: readonly EntityType[] = ['ip', 'host', 'user', 'domain'];

export function EntityPage(): ReactNode {
  const params = useParams();
  const session = useSession();
  const [search] = useSearchParams();
  const type = TYPES.find((name) => name === params.type) ?? 'host';
  const side = search.get('exercise');
  const exercise = side === null ? session.exercise : side === 'true';
  const { data, error, dataUpdatedAt, refetch } = useEntity(type, params.value ?? '', exercise);
  if (error && !data) return <Failed error={error} onRetry={() => void refetch()} />;
  if (!data) return <Bones rows={8} columns={['2fr', '1fr']} height={48} />;
  return (
    <>
      {error && <StaleNotice asOf={dataUpdatedAt} onRetry={() => void refetch()} />}
      <Shown entity={data} type={type} />
    </>
  );
}

function Shown({ entity, type }: { entity: Entity; type: EntityType }): ReactNode {
  const text = useText();
  const words = text.entity;
  const { value } = entity;
  return (
    <div className="sheet">
      <title>{`${visible(value)} · ${text.app.name}`}</title>
      <header className="sheet-top">
        <div>
          <p className="dim">{words.types[type]}</p>
          <h1 className="entity-name mono">
            <Text value={value} mayBreak />
            {isFangable(value) && <CopyButton value={value} isDefanged />}
            <CopyButton value={value} />
          </h1>
          <p className="entity-marks">
            <RiskMark score={entity.risk.score} />
            {entity.exercise && <span className="tag tag-exercise">{text.app.exercise}</span>}
            <span className="dim">{entity.exercise ? words.exerciseSide : words.realSide}</span>
          </p>
        </div>
        <Tools value={value} type={type} />
      </header>
      {entity.capped && <Notice tone="warn">{words.capped}</Notice>}
      <div className="sheet-body">
        <div className="sheet-main">
          <Risk risk={entity.risk} />
          <Alerts entity={entity} />
        </div>
        <aside className="sheet-side">
          <Assets assets={entity.assets} />
          <Facts entity={entity} />
        </aside>
      </div>
    </div>
  );
}

/** Where the queue and the hunt go on with it. */
function Tools({ value, type }: { value: string; type: EntityType }): ReactNode {
  const text = useText();
  const mayHunt = useMay('events.read');
  const queue = new URLSearchParams({ state: 'all', entity: value });
  const quoted = `"${value.replace(/["\\]/g, '\\$&')}"`;
  const query = FIELDS[type].map((field) => `${field}:${quoted}`).join(' OR ');
  return (
    <div className="sheet-tools">
      <Link className="button" to={`/alerts?${queue}`}>
        <Bell size={14} aria-hidden="true" />
        {text.entity.alertsAll}
      </Link>
      {mayHunt && (
        <Link className="button" to={`/hunt?${new URLSearchParams({ q: query, from: '-7d' })}`}>
          <Search size={14} aria-hidden="true" />
          {text.entity.hunt}
        </Link>
      )}
    </div>
  );
}

const FIELDS: Record<EntityType, readonly string[]> = {
  ip: ['source.ip', 'destination.ip'],
  host: ['host.name'],
  user: ['user.name', 'user.target.name'],
  domain: ['dns.question.name', 'url.domain', 'tls.client.server_name'],
};

function Alerts({ entity }: { entity: Entity }): ReactNode {
  const { text } = useSpeech();
  const words = text.entity;
  return (
    <section>
      <h2>{words.alerts}</h2>
      {entity.alerts.length === 0 ? (
        <p className="dim">{words.alertsNone}</p>
      ) : (
        <table className="table table-stack sheet-table">
          <thead>
            <tr>
              <th>{words.level}</th>
              <th>{words.alert}</th>
              <th>{text.alerts.state}</th>
              <th>{text.alerts.last}</th>
            </tr>
          </thead>
          <tbody>
            {entity.alerts.map((alert) => (
              <tr key={alert.id}>
                <td>
                  <SeverityMark level={alert.rule.level} />
                </td>
                <td>
                  <Link to={`/alerts/${alert.id}`}>
                    <RuleTitle rule={alert.rule} />
                  </Link>
                </td>
                <td>
                  <StateMark state={alert.state} verdict={alert.verdict} />
                </td>
                <td className="dim">
                  <Ago at={alert.last} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Facts({ entity }: { entity: Entity }): ReactNode {
  const { text, language } = useSpeech();
  const words = text.entity;
  const facts: [string, ReactNode][] = [];
  if (entity.first !== null) facts.push([words.first, <Time key="first" at={entity.first} />]);
  if (entity.last !== null) facts.push([words.last, <Time key="last" at={entity.last} />]);
  for (const state of STATES) {
    if (entity.counts[state] > 0) facts.push([text.state[state], number(entity.counts[state], language)]);
  }
  return facts.length === 0 ? null : <FactList facts={facts} />;
}
