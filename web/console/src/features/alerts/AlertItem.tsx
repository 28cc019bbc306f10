/// One row of the queue. Drawn again only when its alert, its place or its selection changes.
import { memo, type ReactNode } from 'react';
import type { AlertRow } from '../../lib/api';
import { useSites } from '../../lib/context';
import { number } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { Due } from '../../ui/Due';
import { Retro, SeverityMark, StateMark } from '../../ui/Marks';
import { RuleTitle } from '../../ui/RuleTitle';
import { Text } from '../../ui/Text';
import { Age, Time } from '../../ui/Time';
import { isIn, statesOf, type View } from './filter';
import { Holder } from './Holder';

export interface AlertItemProps {
  row: AlertRow;
  top: number;
  index: number;
  isSelected: boolean;
  isMarked: boolean;
  mayMark: boolean;
  view: View;
  /** The name of who looks. */
  me: string;
  onMark: (id: string, isRange: boolean) => void;
  onSelect: (id: string) => void;
  onOpen: (id: string) => void;
}

export const AlertItem = memo(function AlertItem(props: AlertItemProps): ReactNode {
  const { row, view } = props;
  const { text, language } = useSpeech();
  const { nameOf } = useSites();
  const hasLeft = !isIn(view, row, props.me);
  const className = [
    'alert-row',
    props.isSelected ? 'alert-selected' : '',
    props.isMarked ? 'alert-marked' : '',
    hasLeft ? 'alert-left' : '',
    row.state === 'new' ? 'alert-new' : '',
  ]
    .filter(Boolean)
    .join(' ');
  return (
    <div
      id={`row-${row.id}`}
      role="row"
      aria-selected={props.isSelected}
      aria-rowindex={props.index + 2}
      className={className}
      style={{ position: 'absolute', top: 0, left: 0, right: 0, transform: `translateY(${props.top}px)` }}
      onClick={() => props.onSelect(row.id)}
      onDoubleClick={() => props.onOpen(row.id)}
    >
      <span role="gridcell" className="alert-box">
        {props.mayMark && (
          <input
            type="checkbox"
            tabIndex={-1}
            aria-label={text.triage.mark}
            checked={props.isMarked}
            onChange={() => undefined}
            onClick={(event) => {
              event.stopPropagation();
              props.onMark(row.id, event.shiftKey);
            }}
          />
        )}
      </span>
      <span role="gridcell" className="alert-marks">
        <SeverityMark level={row.rule.level} />
        {(hasLeft || statesOf(view).length > 1) && (
          <span className="alert-state">
            <StateMark state={row.state} verdict={row.verdict} isShort />
          </span>
        )}
      </span>
      <span role="gridcell" className="alert-what">
        <span className="alert-title ellipsis">
          <RuleTitle rule={row.rule} />
        </span>
        <span className="alert-entities mono ellipsis">
          {row.retro && <Retro />} <Entities row={row} />
        </span>
      </span>
      <span role="gridcell" className="number">
        {number(row.count, language)}
      </span>
      <span role="gridcell" className="alert-times">
        <Time at={row.first} short />
        <Time at={row.last} short />
      </span>
      <span role="gridcell" className="alert-where">
        <span className="ellipsis" title={nameOf(row.site)}>
          {nameOf(row.site)}
        </span>
        <span className="ellipsis">
          <Holder row={row} />
        </span>
      </span>
      <span role="gridcell" className="alert-due">
        <span className="dim">
          <Age since={row.opened} />
        </span>
        {row.due !== null && <Due at={row.due} />}
      </span>
    </div>
  );
});

function Entities({ row }: { row: AlertRow }): ReactNode {
  const values = row.entities.filter((entity) => entity.value !== '');
  return values.map((entity, at) => (
    <span key={entity.field}>
      {at > 0 && <span className="dim"> → </span>}
      <Text value={entity.value} />
    </span>
  ));
}
