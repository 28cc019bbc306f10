/// The events found, newest first, of which only those in sight exist.
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useEffect, useRef, type ReactNode } from 'react';
import type { Event } from '../../lib/api';
import { useSites } from '../../lib/context';
import { eventTime, utc } from '../../lib/format';
import { useSpeech, useText } from '../../lib/i18n/i18n';
import { route, summary } from '../../lib/summary';
import { Button } from '../../ui/Button';
import { Text } from '../../ui/Text';
import type { Events } from './useEvents';

const ROW_HEIGHT = 30;
const HEAD_HEIGHT = 28;

export function EventList(props: {
  results: Events;
  openId: string | null;
  onOpen: (id: string) => void;
}): ReactNode {
  const text = useText();
  const { events, hasMore, loadMore, isFetching } = props.results;
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: events.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
    scrollPaddingEnd: HEAD_HEIGHT,
  });
  const at = events.findIndex((event) => event.id === props.openId);
  const scrollTo = useRef(virtual.scrollToIndex);
  useEffect(() => {
    scrollTo.current = virtual.scrollToIndex;
  });
  useEffect(() => {
    if (at >= 0) scrollTo.current(at);
  }, [at]);
  return (
    <div className="grid" role="grid" aria-label={text.events.title} tabIndex={0}>
      <div ref={scroller} className="event-scroll" role="rowgroup">
        <div role="row" className="event-row event-head">
          <span role="columnheader">{text.events.time}</span>
          <span role="columnheader">{text.events.kind}</span>
          <span role="columnheader">{text.events.site}</span>
          <span role="columnheader">{text.events.route}</span>
          <span role="columnheader">{text.events.summary}</span>
        </div>
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map((item) => {
            const event = events[item.index];
            return event ? (
              <Row
                key={event.id}
                event={event}
                top={item.start}
                isOpen={event.id === props.openId}
                onOpen={props.onOpen}
              />
            ) : null;
          })}
        </div>
        <p className="event-end">
          {hasMore ? (
            <Button onPress={loadMore} isDisabled={isFetching}>
              {isFetching ? text.app.loading : text.app.more}
            </Button>
          ) : (
            <span className="dim">{text.events.end}</span>
          )}
        </p>
      </div>
    </div>
  );
}

interface RowProps {
  event: Event;
  top: number;
  isOpen: boolean;
  onOpen: (id: string) => void;
}

const Row = memo(function Row({ event, top, isOpen, onOpen }: RowProps): ReactNode {
  const { nameOf } = useSites();
  const speech = useSpeech();
  return (
    <div
      role="row"
      aria-selected={isOpen}
      className={isOpen ? 'event-row event-open' : 'event-row'}
      style={{ position: 'absolute', top: 0, left: 0, right: 0, transform: `translateY(${top}px)` }}
      onClick={() => onOpen(event.id)}
    >
      <time role="gridcell" className="mono nowrap" dateTime={event.time} title={utc(event.time)}>
        {eventTime(event.time)}
      </time>
      <span role="gridcell" className="mono ellipsis event-kind">
        {event.kind}
      </span>
      <span role="gridcell" className="ellipsis dim">
        {nameOf(event.site)}
      </span>
      <span role="gridcell" className="mono ellipsis">
        <Text value={route(event)} />
      </span>
      <span role="gridcell" className="mono ellipsis">
        <Text value={summary(event, speech)} />
      </span>
    </div>
  );
});
