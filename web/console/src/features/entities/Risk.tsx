/// Why the risk is what it is: each alert with the sum that gives its points, then what depends on the entity.
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { number } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import type { EntityPage } from '../../lib/triage';
import { SeverityMark } from '../../ui/Marks';
import { Text } from '../../ui/Text';

export function Risk({ risk }: { risk: EntityPage['risk'] }): ReactNode {
  const { text, language } = useSpeech();
  const words = text.entity;
  const shown = (value: number) => number(value, language);
  // Factors have two places; the rest of the console shows one.
  const exact = (value: number) => value.toLocaleString(language === 'vi' ? 'vi-VN' : 'en-GB', { maximumFractionDigits: 2 });
  return (
    <section>
      <h2>
        {words.risk}: {shown(risk.score)}
      </h2>
      {risk.reasons.length === 0 ? (
        <p className="dim">{words.riskNone}</p>
      ) : (
        <table className="table table-stack sheet-table">
          <thead>
            <tr>
              <th>{words.level}</th>
              <th>{words.alert}</th>
              <th>{words.verdict}</th>
              <th>{words.age}</th>
              <th className="number">{words.points}</th>
            </tr>
          </thead>
          <tbody>
            {risk.reasons.map((reason) => (
              <tr key={reason.alert}>
                <td>
                  <SeverityMark level={reason.level} />
                </td>
                <td>
                  <Link to={`/alerts/${reason.alert}`}>
                    <Text value={language === 'vi' ? (reason.title_vi ?? reason.title) : reason.title} />
                  </Link>
                </td>
                <td>{reason.verdict === null ? <span className="dim">{words.open}</span> : text.verdict[reason.verdict]}</td>
                <td className="nowrap">{words.days(shown(reason.age_days))}</td>
                <td className="number nowrap">
                  <span className="dim mono">
                    {[reason.weight, reason.freshness, reason.verdict_factor].map(exact).join(' × ')}
                    {reason.place > 1 && ` ÷ ${reason.place}`}
                  </span>{' '}
                  = <strong>{exact(reason.points)}</strong>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {risk.more > 0 && <p className="dim">{words.more(shown(risk.more), exact(risk.more_points))}</p>}
      {risk.criticality !== 1 && risk.reasons.length > 0 && <p>{words.times(exact(risk.criticality))}</p>}
      <p className="field-hint">{words.riskHow(String(risk.days))}</p>
    </section>
  );
}
