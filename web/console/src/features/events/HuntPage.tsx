/// Hunting: a question, its answers, and one answer in full.
import { useCallback, useMemo, useRef, type ReactNode } from 'react';
import { useSearchParams } from 'react-router';
import { narrowed } from '../../lib/fields';
import { useText } from '../../lib/i18n/i18n';
import { useActions } from '../../lib/shortcuts';
import { useSelection } from '../../lib/useSelection';
import { RangeNotice } from '../../ui/RangeNotice';
import { Drawer } from './Drawer';
import { EventList } from './EventList';
import { QueryBar } from './QueryBar';
import { Results } from './Results';
import { asked, readSearch, writeSearch, type Search } from './search';
import { useEvents } from './useEvents';
import './events.css';

export function HuntPage(): ReactNode {
  const text = useText();
  const [params, setParams] = useSearchParams();
  const address = params.toString();
  const search = useMemo(() => readSearch(new URLSearchParams(address)), [address]);
  const results = useEvents(search);
  const [openId, open] = useSelection('event');
  const input = useRef<HTMLInputElement>(null);
  const { events } = results;

  const ask = useCallback(
    (change: Partial<Search>) => {
      open(null);
      setParams((last) => writeSearch(last, change));
    },
    [open, setParams],
  );
  const at = events.findIndex((event) => event.id === openId);
  const move = (step: number) => {
    const next = events[at < 0 ? 0 : Math.min(Math.max(at + step, 0), events.length - 1)];
    if (next) open(next.id);
  };
  const group = text.action.group.hunt;
  useActions([
    { name: 'query', label: text.events.query, group, keys: ['/'], perform: () => input.current?.focus() },
    { name: 'next-event', label: text.action.nextEvent, group, keys: ['j', 'ArrowDown'], perform: () => move(1) },
    { name: 'prev-event', label: text.action.prevEvent, group, keys: ['k', 'ArrowUp'], perform: () => move(-1) },
    { name: 'close-event', label: text.action.closeEvent, group, keys: ['Escape'], perform: () => open(null) },
  ]);
  return (
    <div className="hunt">
      <title>{`${text.events.title} · ${text.app.name}`}</title>
      <section className="hunt-main" aria-label={text.events.title}>
        <QueryBar
          search={search}
          input={input}
          error={results.error}
          isBusy={results.isFetching}
          onAsk={ask}
          onAgain={results.search}
        />
        <RangeNotice range={search.range} onChange={(range) => ask({ range })} />
        <Results results={results}>
          <EventList results={results} openId={openId} onOpen={open} />
        </Results>
      </section>
      {openId !== null && (
        <Drawer
          id={openId}
          known={events[at] ?? null}
          onClose={() => open(null)}
          onNarrow={(condition) => ask({ q: narrowed(asked(search), condition) })}
          onPivot={(q) => ask({ q })}
        />
      )}
    </div>
  );
}
