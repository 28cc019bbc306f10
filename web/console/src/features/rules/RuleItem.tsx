/// One row of the list of rules. Drawn again only when its rule, its place or its selection changes.
import { memo, type ReactNode } from 'react';
import { Link } from 'react-router';
import type { RuleRow } from '../../lib/api';
import { number } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { visible } from '../../lib/visible';
import { RuleStateMark, SeverityMark } from '../../ui/Marks';
import { RuleTitle } from '../../ui/RuleTitle';
import { Text } from '../../ui/Text';
import { alertsOf, lastPart, logSourceText, ruleLink, rulesWith, shortFile, stateOf, techniquesOf } from './shape';

/** How many techniques a row has room for. */
const SHOWN = 2;

export const RuleItem = memo(function RuleItem(props: {
  row: RuleRow;
  top: number;
  index: number;
  isSelected: boolean;
  onSelect: (id: string) => void;
}): ReactNode {
  const { row } = props;
  const { text, language } = useSpeech();
  const state = stateOf(row.off);
  const className = ['rule-row', props.isSelected ? 'rule-selected' : '', state === 'off' ? 'rule-off' : ''];
  return (
    <div
      id={`rule-${row.id}`}
      role="row"
      aria-selected={props.isSelected}
      aria-rowindex={props.index + 2}
      className={className.filter(Boolean).join(' ')}
      style={{ position: 'absolute', top: 0, left: 0, right: 0, transform: `translateY(${props.top}px)` }}
      onClick={() => props.onSelect(row.id)}
    >
      <span role="gridcell" className="rule-level">
        <SeverityMark level={row.level} />
      </span>
      <span role="gridcell" className="rule-what">
        <Link to={ruleLink(row.id)} className="rule-title ellipsis">
          <RuleTitle rule={row} />
        </Link>
        <span className="rule-file mono dim ellipsis" title={visible(row.file)}>
          <Text value={row.pack === null ? shortFile(row.file) : lastPart(row.file)} />
        </span>
      </span>
      <span role="gridcell" className="rule-logsource mono">
        {row.correlation ? <span className="tag">{text.rules.correlation}</span> : <Text value={logSourceText(row.logsource)} mayBreak />}
      </span>
      <span role="gridcell" className="rule-techniques mono">
        <Techniques tags={row.tags} />
      </span>
      <span role="gridcell" className="rule-by">
        <span className="ellipsis">
          {row.pack === null ? text.rules.origins[row.origin] : <Text value={row.pack} />}
        </span>
        <span className="dim ellipsis">
          <Text value={row.author} />
        </span>
      </span>
      <span role="gridcell" className="number rule-alerts">
        {row.alerts > 0 ? (
          <Link to={alertsOf(row.id)} aria-label={text.rules.alertsShort(number(row.alerts, language))}>
            {number(row.alerts, language)}
          </Link>
        ) : (
          <span className="dim">0</span>
        )}
      </span>
      <span role="gridcell" className={row.exceptions > 0 ? 'number rule-exceptions' : 'number rule-exceptions dim'}>
        {number(row.exceptions, language)}
      </span>
      <span role="gridcell" className="rule-state">
        <RuleStateMark state={state} />
      </span>
    </div>
  );
});

function Techniques({ tags }: { tags: readonly string[] }): ReactNode {
  const { text } = useSpeech();
  const all = techniquesOf(tags);
  const rest = all.slice(SHOWN);
  return (
    <>
      {all.slice(0, SHOWN).map((technique) => (
        <Link key={technique} to={rulesWith(technique)}>
          {technique}
        </Link>
      ))}
      {rest.length > 0 && (
        <span className="dim" title={rest.join(', ')}>
          {text.rules.more(String(rest.length))}
        </span>
      )}
    </>
  );
}
