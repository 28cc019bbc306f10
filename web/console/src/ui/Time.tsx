/// A moment: local on screen, UTC when hovered.
import type { ReactNode } from 'react';
import { useNow } from '../lib/clock';
import { age, dateTime, relative, shortTime, utc } from '../lib/format';
import { useSpeech } from '../lib/i18n/i18n';

export function Time({ at, short = false }: { at: string; short?: boolean }): ReactNode {
  const now = useNow();
  return (
    <time dateTime={at} title={utc(at)} className="nowrap">
      {short ? shortTime(at, now) : dateTime(at)}
    </time>
  );
}

/** "12 phút trước" within a day, the date after that. */
export function Ago({ at, hasFocus = false }: { at: string; hasFocus?: boolean }): ReactNode {
  const now = useNow();
  const { language } = useSpeech();
  const shown = relative(at, now, language) ?? dateTime(at);
  if (hasFocus) {
    return (
      <time dateTime={at} tabIndex={0} data-exact={`${dateTime(at)} · ${utc(at)}`} className="nowrap exact">
        {shown}
      </time>
    );
  }
  return (
    <time dateTime={at} title={`${dateTime(at)} · ${utc(at)}`} className="nowrap">
      {shown}
    </time>
  );
}

export function Age({ since }: { since: string }): ReactNode {
  const now = useNow();
  const { language } = useSpeech();
  return (
    <time dateTime={since} title={`${dateTime(since)} · ${utc(since)}`} className="nowrap">
      {age(since, now, language)}
    </time>
  );
}
