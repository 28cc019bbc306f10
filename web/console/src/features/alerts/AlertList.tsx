/// The rows, of which only those in sight exist. New ones wait behind the pill.
import { ArrowUp } from 'lucide-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useRef, type ReactNode } from 'react';
import { useSession } from '../../lib/context';
import { number } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { Button } from '../../ui/Button';
import { AlertItem } from './AlertItem';
import type { View } from './filter';
import type { Alerts } from './useAlerts';
import type { Marks } from './useMarks';

const ROW_HEIGHT = 48;
/** The head stays in sight above the rows, so the last row needs that much more room. */
const HEAD_HEIGHT = 28;

export function AlertList(props: {
  alerts: Alerts;
  selectedId: string | null;
  view: View;
  marks: Marks;
  mayMark: boolean;
  onSelect: (id: string) => void;
  onOpen: (id: string) => void;
}): ReactNode {
  const { text, language } = useSpeech();
  const { alerts, selectedId, marks } = props;
  const { user } = useSession();
  const { range, toggle } = marks;
  const onMark = useCallback((id: string, isRange: boolean) => (isRange ? range(id) : toggle(id)), [range, toggle]);
  const { rows, hasMore, loadMore } = alerts;
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

  const bringIn = () => {
    alerts.bringIn();
    scroller.current?.scrollTo({ top: 0 });
  };
  return (
    <div
      className="grid"
      role="grid"
      aria-label={text.alerts.title}
      aria-multiselectable={props.mayMark}
      aria-rowcount={hasMore ? -1 : rows.length + 1}
      aria-activedescendant={selectedAt >= 0 ? `row-${selectedId}` : undefined}
      tabIndex={0}
    >
      {alerts.pending > 0 && (
        <div className="pill-place">
          <Button look="primary" onPress={bringIn} aria-label={`${text.alerts.pending(String(alerts.pending))}. ${text.alerts.pendingHint}`}>
            {text.alerts.pending(number(alerts.pending, language))}
            <ArrowUp size={14} aria-hidden="true" />
          </Button>
        </div>
      )}
      <div ref={scroller} className="grid-scroll" role="rowgroup">
        <Head />
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {items.map((item) => {
            const row = rows[item.index];
            return row ? (
              <AlertItem
                key={row.id}
                row={row}
                top={item.start}
                index={item.index}
                isSelected={row.id === selectedId}
                isMarked={marks.isAll || marks.ids.has(row.id)}
                mayMark={props.mayMark}
                me={user}
                onMark={onMark}
                view={props.view}
                onSelect={props.onSelect}
                onOpen={props.onOpen}
              />
            ) : null;
          })}
        </div>
        {!hasMore && <p className="grid-end dim">{text.alerts.end}</p>}
      </div>
    </div>
  );
}

function Head(): ReactNode {
  const { text } = useSpeech();
  return (
    <div className="alert-row alert-head" role="row">
      <span role="columnheader">
        <span className="hidden-text">{text.triage.mark}</span>
      </span>
      <span role="columnheader">{text.alerts.severity}</span>
      <span role="columnheader">{text.alerts.alert}</span>
      <span role="columnheader" className="number">
        {text.alerts.count}
      </span>
      <span role="columnheader">{text.alerts.time}</span>
      <span role="columnheader">{text.triage.where}</span>
      <span role="columnheader">{text.triage.ageDue}</span>
    </div>
  );
}
