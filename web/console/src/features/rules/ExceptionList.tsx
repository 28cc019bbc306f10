/// Exceptions, one block each: its state and end, what it passes over, who wanted it and why.
import { useState, type ReactNode } from 'react';
import { Link } from 'react-router';
import type { RuleException } from '../../lib/api';
import { useNow } from '../../lib/clock';
import { useSites } from '../../lib/context';
import { dateTime, number } from '../../lib/format';
import { useSpeech, useText } from '../../lib/i18n/i18n';
import { Button } from '../../ui/Button';
import { SeverityMark, TermMark } from '../../ui/Marks';
import { RuleTitle } from '../../ui/RuleTitle';
import { Text } from '../../ui/Text';
import { Matches } from './Matches';
import { ProlongDialog } from './ProlongDialog';
import { RemoveDialog } from './RemoveDialog';
import { ruleLink } from './shape';
import { inOrder, termOf } from './term';
import { useMayTune } from './useRules';
import './exceptions.css';

export function ExceptionList(props: { exceptions: readonly RuleException[]; isOfOneRule?: boolean }): ReactNode {
  const text = useText();
  const now = useNow();
  const mayTune = useMayTune();
  const [prolonging, setProlonging] = useState<RuleException | null>(null);
  const [removing, setRemoving] = useState<RuleException | null>(null);
  return (
    <>
      <ul className="exceptions" aria-label={text.exceptions.title}>
        {inOrder(props.exceptions, now).map((exception) => (
          <Item key={exception.id} exception={exception} isOfOneRule={props.isOfOneRule === true}>
            {mayTune && (
              <span className="exception-tools">
                {!exception.by_hand && <Button onPress={() => setProlonging(exception)}>{text.exceptions.prolong}</Button>}
                <Button look="quiet" onPress={() => setRemoving(exception)}>
                  {text.exceptions.remove}
                </Button>
              </span>
            )}
          </Item>
        ))}
      </ul>
      <ProlongDialog exception={prolonging} onClose={() => setProlonging(null)} />
      <RemoveDialog exception={removing} onClose={() => setRemoving(null)} />
    </>
  );
}

function Item(props: { exception: RuleException; isOfOneRule: boolean; children: ReactNode }): ReactNode {
  const { text, language } = useSpeech();
  const now = useNow();
  const { exception } = props;
  const { rule, rules } = exception;
  const term = termOf(exception, now);
  const filtersOthers = rules.length > 1 || (rules.length === 1 && rules[0] !== rule.id);
  return (
    <li className={term === 'expired' ? 'exception exception-over' : 'exception'}>
      <div className="exception-term">
        <TermMark term={term} />
        <span className="dim">{endText(exception, text)}</span>
        {exception.by_hand && <span className="tag">{text.exceptions.byHand}</span>}
      </div>
      <div className="exception-what">
        {!props.isOfOneRule && <p className="exception-rule">{rules.length === 0 ? text.exceptions.everyRule : <Filtered rule={rule} />}</p>}
        <Matches exception={exception} />
        {filtersOthers && <p className="dim">{text.exceptions.filters(number(rules.length, language))}</p>}
      </div>
      <Told exception={exception} />
      {props.children}
    </li>
  );
}

function Filtered({ rule }: { rule: RuleException['rule'] }): ReactNode {
  return (
    <>
      <SeverityMark level={rule.level} />
      <Link to={ruleLink(rule.id)}>
        <RuleTitle rule={rule} />
      </Link>
    </>
  );
}

/** Who, why, when, where, and from which alert. */
function Told({ exception }: { exception: RuleException }): ReactNode {
  const text = useText();
  const { nameOf } = useSites();
  const where = exception.sites.length === 0 ? text.exceptions.everywhere : exception.sites.map(nameOf).join(', ');
  return (
    <div className="exception-told">
      <p>
        <Text value={exception.reason === '' ? '—' : exception.reason} />
      </p>
      <p className="dim">
        <Text value={exception.owner === '' ? '—' : exception.owner} />
        {exception.created !== null && ` · ${dateTime(exception.created)}`}
      </p>
      <p className="dim">
        {where}
        {exception.alert !== null && (
          <>
            {' · '}
            <Link to={`/alerts/${encodeURIComponent(exception.alert)}`}>{text.exceptions.fromAlert}</Link>
          </>
        )}
      </p>
    </div>
  );
}

function endText({ expires, expired }: RuleException, text: ReturnType<typeof useText>): string {
  if (expires === null) return text.exceptions.endless;
  const at = dateTime(expires).slice(0, 16);
  return expired ? text.exceptions.since(at) : text.exceptions.until(at);
}
