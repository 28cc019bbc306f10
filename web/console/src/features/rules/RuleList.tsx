/// The rows of rules, of which only those in sight exist.
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, type ReactNode } from 'react';
import { useText } from '../../lib/i18n/i18n';
import { RuleItem } from './RuleItem';
import type { Rules } from './useRules';

const ROW_HEIGHT = 48;
/** The head stays in sight above the rows, so the last row needs that much more room. */
const HEAD_HEIGHT = 28;

export function RuleList(props: {
  rules: Rules;
  selectedId: string | null;
  onSelect: (id: string) => void;
}): ReactNode {
  const text = useText();
  const { selectedId, onSelect } = props;
  const { rows, hasMore, loadMore } = props.rules;
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 8,
    scrollPaddingEnd: HEAD_HEIGHT,
  });
  const items = virtual.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && lastShown >= rows.length - 10) loadMore();
  }, [hasMore, lastShown, loadMore, rows.length]);

  const selectedAt = rows.findIndex((row) => row.id === selectedId);
  const scrollTo = useRef(virtual.scrollToIndex);
  useEffect(() => {
    scrollTo.current = virtual.scrollToIndex;
  });
  useEffect(() => {
    if (selectedAt >= 0) scrollTo.current(selectedAt);
  }, [selectedAt]);
  return (
    <div
      className="grid"
      role="grid"
      aria-label={text.rules.title}
      aria-rowcount={hasMore ? -1 : rows.length + 1}
      aria-activedescendant={selectedAt >= 0 ? `rule-${selectedId}` : undefined}
      tabIndex={0}
    >
      <div ref={scroller} className="rule-scroll" role="rowgroup">
        <Head />
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {items.map((item) => {
            const row = rows[item.index];
            return row ? (
              <RuleItem
                key={row.id}
                row={row}
                top={item.start}
                index={item.index}
                isSelected={row.id === selectedId}
                onSelect={onSelect}
              />
            ) : null;
          })}
        </div>
        {!hasMore && <p className="rule-end dim">{text.rules.end}</p>}
      </div>
    </div>
  );
}

function Head(): ReactNode {
  const text = useText();
  return (
    <div className="rule-row rule-head" role="row">
      <span role="columnheader">{text.alerts.severity}</span>
      <span role="columnheader">{text.rules.rule}</span>
      <span role="columnheader">{text.rules.logsource}</span>
      <span role="columnheader">{text.rules.technique}</span>
      <span role="columnheader">{text.rules.by}</span>
      <span role="columnheader" className="number">
        {text.rules.alerts}
      </span>
      <span role="columnheader" className="number">
        {text.rules.exceptionCount}
      </span>
      <span role="columnheader">{text.rules.state}</span>
    </div>
  );
}
