/// When an answer is due: a shape, a colour and the time that is left, or that has passed.
import type { ReactNode } from 'react';
import { useNow } from '../lib/clock';
import { age, dateTime, left, utc } from '../lib/format';
import { useSpeech } from '../lib/i18n/i18n';

/** So near that one looks at it next. */
const SOON_MS = 15 * 60_000;

export function Due({ at }: { at: string }): ReactNode {
  const { text, language } = useSpeech();
  const now = useNow();
  const rest = Date.parse(at) - now;
  const isLate = rest <= 0;
  const color = isLate ? 'critical' : rest <= SOON_MS ? 'late' : 'text-3';
  const word = isLate ? text.triage.late(age(at, now, language)) : text.triage.left(left(at, now, language));
  return (
    <time className="mark nowrap" dateTime={at} title={`${text.triage.dueAt(dateTime(at))} · ${utc(at)}`} style={{ color: `var(--${color})` }}>
      <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
        {isLate ? LATE : WAITS}
      </svg>
      <span>{word}</span>
    </time>
  );
}

const LATE = <path fill="currentColor" fillRule="evenodd" d="M6 0a6 6 0 1 0 0 12A6 6 0 0 0 6 0zM5.2 2.6h1.6v4.2H5.2zM5.2 7.8h1.6v1.6H5.2z" />;
const WAITS = (
  <>
    <circle cx="6" cy="6" r="5" fill="none" stroke="currentColor" strokeWidth="1.4" />
    <path fill="none" stroke="currentColor" strokeWidth="1.4" d="M6 3v3.2l2.2 1.4" />
  </>
);
