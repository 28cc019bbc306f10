/// Why the selected alert fired, and what can be done about it, without leaving the queue.
import { ArrowRight } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { Alert } from '../../lib/api';
import { useSites } from '../../lib/context';
import { useSpeech, useText } from '../../lib/i18n/i18n';
import { inLanguage } from '../../lib/rule';
import { keyLabel, useAllActions, type Action } from '../../lib/shortcuts';
import { ActionBar } from '../../ui/ActionBar';
import { Bones } from '../../ui/Bones';
import { Due } from '../../ui/Due';
import { SeverityMark, StateMark } from '../../ui/Marks';
import { Missing } from '../../ui/Missing';
import { RuleTitle } from '../../ui/RuleTitle';
import { Text } from '../../ui/Text';
import { Earlier } from './Earlier';
import { Entities } from './Entities';
import { Facts } from './Facts';
import { Holder } from './Holder';
import { Matched } from './Matched';
import { Previous } from './Previous';
import { useAlert } from './useAlert';

export function Preview(props: { id: string | null; actions: readonly Action[] }): ReactNode {
  const text = useText();
  const { data, error, refetch } = useAlert(props.id);
  return (
    <aside className="preview" aria-label={text.alerts.preview}>
      {props.id === null && <Hints />}
      {props.id !== null && error && !data && <Missing error={error} what="alert" onRetry={() => void refetch()} />}
      {props.id !== null && !error && !data && <Bones rows={9} columns={['1fr']} />}
      {props.id !== null && data && <Body alert={data} actions={props.actions} />}
    </aside>
  );
}

function Body({ alert, actions }: { alert: Alert; actions: readonly Action[] }): ReactNode {
  const { text, language } = useSpeech();
  const { nameOf } = useSites();
  const last = alert.evidence.findLast((item) => item.which === 'last') ?? alert.evidence[0];
  return (
    <>
      <header className="preview-head">
        <p className="preview-marks">
          <SeverityMark level={alert.rule.level} />
          <StateMark state={alert.state} verdict={alert.verdict} />
        </p>
        <h2>
          <RuleTitle rule={alert.rule} />
        </h2>
        <p className="preview-marks dim">
          <span>{nameOf(alert.site)}</span>
          <Holder row={alert} />
          {alert.due !== null && <Due at={alert.due} />}
        </p>
        <ActionBar actions={actions} right="alerts.write" />
      </header>
      <div className="preview-body">
        <p>
          <Text value={inLanguage(alert.rule, language).description.trim()} />
        </p>
        {alert.previous && <Previous previous={alert.previous} />}
        {last && (
          <section>
            <h3>{text.alerts.matched}</h3>
            <Matched matched={last.matched} />
          </section>
        )}
        <section>
          <h3>{text.alerts.entities}</h3>
          <Entities alert={alert} />
        </section>
        <Earlier alert={alert} />
        <Facts alert={alert} />
        <Link className="button" to={`/alerts/${alert.id}`}>
          {text.alerts.open}
          <ArrowRight size={14} aria-hidden="true" />
          <kbd aria-hidden="true">Enter</kbd>
        </Link>
      </div>
    </>
  );
}

/** With nothing selected, the place teaches the keys. */
function Hints(): ReactNode {
  const text = useText();
  const actions = useAllActions().filter((action) => action.keys.length > 0);
  return (
    <div className="hints">
      <p>{text.alerts.previewNone}</p>
      <dl className="keys">
        {actions.map((action) => (
          <div key={action.name}>
            <dt>{action.label}</dt>
            <dd>
              <kbd>{keyLabel(action.keys[0] ?? '')}</kbd>
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
