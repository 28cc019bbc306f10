/// The figures of a rule, where it comes from, and which correlations it belongs to.
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { RuleDetail } from '../../lib/api';
import { useMay } from '../../lib/context';
import { number } from '../../lib/format';
import { useSpeech, useText } from '../../lib/i18n/i18n';
import { wordOf } from '../../lib/i18n/word';
import { FactList } from '../../ui/FactList';
import { RuleTitle } from '../../ui/RuleTitle';
import { Text } from '../../ui/Text';
import { Ago } from '../../ui/Time';
import { alertsOf, logSourceText, ruleLink } from './shape';
import { useRule } from './useRules';

export function RuleFacts({ rule }: { rule: RuleDetail }): ReactNode {
  const { text, language } = useSpeech();
  const mayAlerts = useMay('alerts.read');
  const alerts = number(rule.alerts, language);
  const source = logSourceText(rule.logsource);
  const rows: [string, ReactNode][] = [
    [text.rules.alerts, mayAlerts && rule.alerts > 0 ? <Link key="alerts" to={alertsOf(rule.id)}>{alerts}</Link> : alerts],
    [text.rules.lastAlert, rule.last_alert === null ? text.rules.never : <Ago key="last" at={rule.last_alert} />],
    [text.rules.status, <Text key="status" value={rule.status === '' ? '—' : wordOf(text.rules.statuses, rule.status)} />],
    [text.alerts.author, <Text key="author" value={rule.author === '' ? '—' : rule.author} />],
    [text.alerts.license, <Text key="license" value={rule.license === '' ? '—' : rule.license} />],
    [text.rules.origin, rule.pack === null ? text.rules.origins[rule.origin] : <Pack key="pack" name={rule.pack} />],
    [text.alerts.file, <span key="file" className="mono"><Text value={rule.file} mayBreak /></span>],
    ...(source === '' ? [] : [[text.rules.logsource, <span key="source" className="mono"><Text value={source} mayBreak /></span>] as [string, ReactNode]]),
    [text.rules.id, <span key="id" className="mono"><Text value={rule.id} mayBreak /></span>],
  ];
  return (
    <aside className="rule-side">
      <FactList facts={rows} />
      <Others title={text.rules.counts} ids={rule.rules} />
      <Others title={text.rules.usedBy} ids={rule.used_by} />
      {rule.tags.length > 0 && (
        <section>
          <h2>{text.alerts.tags}</h2>
          <p className="rule-tags">
            {rule.tags.map((tag) => (
              <Link key={tag} className="tag mono" to={`/rules?tag=${encodeURIComponent(tag)}`}>
                <Text value={tag} />
              </Link>
            ))}
          </p>
        </section>
      )}
    </aside>
  );
}

function Pack({ name }: { name: string }): ReactNode {
  const text = useText();
  return (
    <Link to={`/rules?pack=${encodeURIComponent(name)}`}>
      <Text value={text.rules.inPack(name)} />
    </Link>
  );
}

function Others({ title, ids }: { title: string; ids: readonly string[] }): ReactNode {
  if (ids.length === 0) return null;
  return (
    <section>
      <h2>{title}</h2>
      <ul className="rule-lines">
        {ids.map((id) => (
          <li key={id}>
            <Other id={id} />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Another rule by its title; until that is known, or when it cannot be read, by its id. */
function Other({ id }: { id: string }): ReactNode {
  const { data } = useRule(id);
  return (
    <Link to={ruleLink(id)}>{data ? <RuleTitle rule={data} /> : <span className="mono"><Text value={id} mayBreak /></span>}</Link>
  );
}
