/// Why: in a sentence, in fields, and in the rule's own text.
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { Alert } from '../../lib/api';
import { useMay } from '../../lib/context';
import { useSpeech } from '../../lib/i18n/i18n';
import { inLanguage, isOfIntel } from '../../lib/rule';
import { CopyButton } from '../../ui/CopyButton';
import { RuleText } from '../../ui/RuleText';
import { Text } from '../../ui/Text';
import { Matched } from './Matched';
import { Previous } from './Previous';

export function WhyTab({ alert }: { alert: Alert }): ReactNode {
  const { text, language } = useSpeech();
  const rule = inLanguage(alert.rule, language);
  const mayRules = useMay('rules.read');
  const matched = alert.evidence[0]?.matched ?? {};
  return (
    <div className="why">
      <p className="reading">
        <Text value={rule.description.trim()} />
      </p>
      {alert.previous && <Previous previous={alert.previous} />}
      <section>
        <h3>{text.alerts.matched}</h3>
        <Matched matched={matched} />
      </section>
      {rule.falsepositives.length > 0 && (
        <section>
          <h3>{text.alerts.falsePositives}</h3>
          <ul className="bullets">
            {rule.falsepositives.map((line) => (
              <li key={line}>
                <Text value={line} />
              </li>
            ))}
          </ul>
        </section>
      )}
      <section>
        <h3>{text.alerts.ruleText}</h3>
        <p className="credit">
          <span>
            {text.alerts.author}: <Text value={rule.author} />
          </span>
          <span>
            {text.alerts.license}: <Text value={rule.license} />
          </span>
          <span className="mono">
            <Text value={rule.file} />
          </span>
          {mayRules && !isOfIntel(rule) && <Link to={`/rules/${encodeURIComponent(rule.id)}`}>{text.alerts.openRule}</Link>}
        </p>
        <RuleText source={rule.source} matched={matched} />
      </section>
      {rule.tags.length > 0 && (
        <p className="tags">
          {rule.tags.map((tag) => (
            <span key={tag} className="tag mono">
              <Text value={tag} />
            </span>
          ))}
        </p>
      )}
      {rule.references.length > 0 && (
        <section>
          <h3>{text.alerts.references}</h3>
          <ul className="bullets">
            {rule.references.map((line) => (
              <li key={line} className="mono">
                <Text value={line} /> <CopyButton value={line} />
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}
