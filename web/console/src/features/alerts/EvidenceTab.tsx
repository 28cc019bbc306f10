/// The kept records of the alert: on the left which, on the right its fields or its raw text.
import { ArrowRight } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { Link } from 'react-router';
import type { Alert, Evidence } from '../../lib/api';
import { flatten } from '../../lib/fields';
import { number } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { summary } from '../../lib/summary';
import { FieldTable } from '../../ui/FieldTable';
import { RawJson } from '../../ui/RawJson';
import { Text } from '../../ui/Text';
import { Time } from '../../ui/Time';

export function EvidenceTab({ alert }: { alert: Alert }): ReactNode {
  const speech = useSpeech();
  const { text, language } = speech;
  const [chosen, setChosen] = useState(0);
  const shown = alert.evidence[chosen] ?? alert.evidence[0];
  const hunt = new URLSearchParams({ q: alert.query, from: alert.query_from, to: alert.query_to });
  return (
    <div className="evidence">
      <div className="evidence-head">
        {alert.count > alert.evidence.length && (
          <p className="dim">
            {text.alerts.evidenceCount(number(alert.evidence.length, language), number(alert.count, language))}
          </p>
        )}
        <Link className="button" to={`/hunt?${hunt}`}>
          {text.alerts.hunt}
          <ArrowRight size={14} aria-hidden="true" />
        </Link>
      </div>
      <ul className="evidence-list">
        {alert.evidence.map((item, at) => (
          <li key={`${item.which}-${item.event.id}`}>
            <button
              type="button"
              className="evidence-item"
              aria-current={item === shown ? 'true' : undefined}
              onClick={() => setChosen(at)}
            >
              <span className="dim">
                {item.which === 'first' ? text.alerts.evidenceFirst : text.alerts.evidenceLast}
              </span>
              <Time at={item.event.time} />
              <span className="mono dim">{item.event.kind}</span>
              <span className="mono ellipsis">
                <Text value={summary(item.event, speech)} />
              </span>
            </button>
          </li>
        ))}
      </ul>
      {shown && <Shown key={shown.event.id} item={shown} />}
    </div>
  );
}

function Shown({ item }: { item: Evidence }): ReactNode {
  const { text } = useSpeech();
  const core = Object.entries(item.event.core).map(([name, value]) => ({
    path: name,
    name,
    value: typeof value === 'string' ? value : JSON.stringify(value),
  }));
  const record = flatten(item.event.record);
  return (
    <div className="evidence-body">
      <section>
        <h3>{text.events.core}</h3>
        <FieldTable label={text.events.core} fields={core} />
        <h3>{text.events.record}</h3>
        <FieldTable
          label={text.events.record}
          fields={record.fields}
          marked={new Set(Object.keys(item.matched))}
        />
      </section>
      <section>
        <h3>{text.events.raw}</h3>
        <RawJson value={item.event.record} />
      </section>
    </div>
  );
}
