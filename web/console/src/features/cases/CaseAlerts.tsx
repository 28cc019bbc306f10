/// The alerts of a case: links; what they are about becomes an observable with one press.
import { Plus, Unlink } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { AlertRow } from '../../lib/api';
import { kindOf, type CaseDetail } from '../../lib/cases';
import { useClient, useMay, useSites } from '../../lib/context';
import { useText } from '../../lib/i18n/i18n';
import { Button } from '../../ui/Button';
import { SeverityMark, StateMark } from '../../ui/Marks';
import { RuleTitle } from '../../ui/RuleTitle';
import { Text } from '../../ui/Text';
import { Ago } from '../../ui/Time';
import { useDo } from './useCases';

export function CaseAlerts({ held }: { held: CaseDetail }): ReactNode {
  const { cases } = useText();
  const mayWrite = useMay('cases.write') && held.state !== 'closed';
  const known = new Set(held.observables.map(({ value }) => value));
  if (held.alerts.length === 0) return <p className="dim">{cases.alerts.empty}</p>;
  return (
    <ul className="case-alerts">
      {held.alerts.map((alert) => (
        <Row key={alert.id} id={held.id} alert={alert} known={known} mayWrite={mayWrite} />
      ))}
    </ul>
  );
}

function Row({ id, alert, known, mayWrite }: { id: string; alert: AlertRow; known: ReadonlySet<string>; mayWrite: boolean }): ReactNode {
  const { cases } = useText();
  const { nameOf } = useSites();
  const client = useClient();
  const run = useDo();
  const add = (field: string, value: string) => () => void run(() => client.addObservable(id, { kind: kindOf(value, field), value, tags: [] }), cases.done.added);
  return (
    <li>
      <p className="case-line">
        <SeverityMark level={alert.rule.level} />
        <Link to={`/alerts/${encodeURIComponent(alert.id)}`}>
          <RuleTitle rule={alert.rule} />
        </Link>
        {mayWrite && (
          <Button look="quiet" isIcon aria-label={cases.alerts.unlink} onPress={() => void run(() => client.unlinkAlert(id, alert.id), cases.done.removed)}>
            <Unlink size={13} aria-hidden="true" />
          </Button>
        )}
      </p>
      <p className="case-line dim">
        <StateMark state={alert.state} verdict={alert.verdict} isShort />
        <span>{nameOf(alert.site)}</span>
        <span>
          {cases.alerts.last} <Ago at={alert.last} />
        </span>
      </p>
      <ul className="case-entities">
        {alert.entities
          .filter(({ value }) => value !== '')
          .map(({ field, value }) => (
            <li key={field} className="mono">
              <Text value={value} mayBreak />
              {mayWrite && !known.has(value) && (
                <Button look="quiet" isIcon aria-label={cases.observables.addOne(value)} onPress={add(field, value)}>
                  <Plus size={13} aria-hidden="true" />
                </Button>
              )}
            </li>
          ))}
      </ul>
    </li>
  );
}
