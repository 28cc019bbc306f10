/// One rule: what it looks for, its text, where it is off, what it passes over, and what one may do.
import { ArrowLeft, Bell, Power } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { Link, useParams } from 'react-router';
import type { RuleDetail } from '../../lib/api';
import { useSpeech, useText } from '../../lib/i18n/i18n';
import { inLanguage } from '../../lib/rule';
import { useActions } from '../../lib/shortcuts';
import { visible } from '../../lib/visible';
import { Bones } from '../../ui/Bones';
import { Button } from '../../ui/Button';
import { CopyButton } from '../../ui/CopyButton';
import { RuleStateMark, SeverityMark } from '../../ui/Marks';
import { Missing } from '../../ui/Missing';
import { StaleNotice } from '../../ui/Notice';
import { RuleText } from '../../ui/RuleText';
import { RuleTitle } from '../../ui/RuleTitle';
import { Text } from '../../ui/Text';
import { ExceptionList } from './ExceptionList';
import { OffDialog } from './OffDialog';
import { OffNote } from './OffNote';
import { RuleFacts } from './RuleFacts';
import { alertsOf, stateOf } from './shape';
import { useMayTune, useRule } from './useRules';
import './rules.css';
import './rule.css';

export function RulePage(): ReactNode {
  const { id = '' } = useParams();
  const { data, error, dataUpdatedAt, refetch } = useRule(id);
  if (data === undefined) {
    if (error) return <Missing error={error} what="rule" onRetry={() => void refetch()} />;
    return <Bones rows={8} columns={['2fr', '1fr']} height={48} />;
  }
  return (
    <>
      {error && <StaleNotice asOf={dataUpdatedAt} onRetry={() => void refetch()} />}
      <Shown rule={data} />
    </>
  );
}

function Shown({ rule }: { rule: RuleDetail }): ReactNode {
  const { text, language } = useSpeech();
  const mayTune = useMayTune();
  const [isTurning, setTurning] = useState(false);
  const shown = inLanguage(rule, language);
  useActions([
    {
      name: 'turn-rule',
      label: text.off.action,
      group: text.action.group.rules,
      keys: ['o'],
      perform: () => setTurning(true),
      isDisabled: !mayTune,
    },
  ]);
  return (
    <div className="rules">
      <title>{`${visible(shown.title)} · ${text.app.name}`}</title>
      <header className="rule-top">
        <div>
          <p>
            <Link to="/rules" className="rule-back">
              <ArrowLeft size={13} aria-hidden="true" /> {text.rules.title}
            </Link>
          </p>
          <h1>
            <RuleTitle rule={rule} />
          </h1>
          <p className="rule-marks">
            <SeverityMark level={rule.level} />
            <RuleStateMark state={stateOf(rule.off)} />
            {rule.correlation && <span className="tag">{text.rules.correlation}</span>}
          </p>
        </div>
        <div className="rules-tools">
          <Link className="button" to={alertsOf(rule.id)}>
            <Bell size={14} aria-hidden="true" />
            {text.rules.toAlerts}
          </Link>
          {mayTune && (
            <Button shortcut="o" onPress={() => setTurning(true)}>
              <Power size={14} aria-hidden="true" />
              {text.off.action}
            </Button>
          )}
        </div>
      </header>
      {rule.off && <OffNote off={rule.off} />}
      <div className="rule-body">
        <Said rule={rule} />
        <RuleFacts rule={rule} />
      </div>
      <OffDialog rule={rule} isOpen={isTurning} onClose={() => setTurning(false)} />
    </div>
  );
}

/** What the rule says of itself, and what was said about it. */
function Said({ rule }: { rule: RuleDetail }): ReactNode {
  const { text, language } = useSpeech();
  const shown = inLanguage(rule, language);
  return (
    <div className="rule-said">
      <p className="rule-reading">
        <Text value={shown.description.trim()} />
      </p>
      <Lines title={text.alerts.falsePositives} lines={shown.falsepositives} />
      <section>
        <h2>{text.rules.exceptions}</h2>
        {rule.exceptions.length === 0 ? (
          <p className="dim">{text.exceptions.none}</p>
        ) : (
          <ExceptionList exceptions={rule.exceptions} isOfOneRule />
        )}
      </section>
      <section>
        <h2>{text.rules.ruleText}</h2>
        <div className="raw-frame">
          <div className="raw-tools">
            <CopyButton value={rule.source} label={text.rules.copyText} />
          </div>
          <RuleText source={rule.source} matched={{}} />
        </div>
      </section>
      <References lines={rule.references} />
    </div>
  );
}

function Lines({ title, lines }: { title: string; lines: readonly string[] }): ReactNode {
  if (lines.length === 0) return null;
  return (
    <section>
      <h2>{title}</h2>
      <ul className="rule-lines">
        {lines.map((line) => (
          <li key={line}>
            <Text value={line} />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Addresses that somebody else wrote: text to copy, never links. */
function References({ lines }: { lines: readonly string[] }): ReactNode {
  const text = useText();
  if (lines.length === 0) return null;
  return (
    <section>
      <h2>{text.alerts.references}</h2>
      <ul className="rule-lines">
        {lines.map((line) => (
          <li key={line} className="mono">
            <Text value={line} mayBreak /> <CopyButton value={line} />
          </li>
        ))}
      </ul>
    </section>
  );
}
