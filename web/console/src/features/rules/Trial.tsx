/// How far the rules of an import were tried on stored events.
import type { ReactNode } from 'react';
import type { RuleImport } from '../../lib/api';
import { dateTime, number } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { Notice } from '../../ui/Notice';
import { spanOf } from './imported';

/** Events that span less than this part of the days were written down only lately. */
const WHOLE = 0.8;

export function Trial({ made }: { made: RuleImport }): ReactNode {
  const { text, language } = useSpeech();
  const { preview, items } = made;
  const events = number(preview.events, language);
  if (preview.state === 'failed') return <Notice tone="warn">{text.imports.failed}</Notice>;
  if (preview.state === 'running') {
    return (
      <div className="trial" role="status">
        {/* How much there is to try is not known beforehand, so the bar has no end. */}
        <progress className="trial-bar" aria-label={text.imports.running(events)} />
        <span>{text.imports.running(events)}</span>
      </div>
    );
  }
  if (preview.from === null) return <Notice tone="warn">{text.imports.untried}</Notice>;
  const span = spanOf(items);
  const isShort = preview.complete && span !== null && span < preview.days * WHOLE;
  const hours = Math.max(Math.round((span ?? 0) * 24), 1);
  const long = hours < 48 ? text.imports.hours(number(hours, language)) : text.expiry.days(number(Math.round(hours / 24), language));
  return (
    <>
      <p>
        {text.imports.done(number(preview.days, language), events)}
        {isShort && <> {text.imports.span(long)}</>}
      </p>
      {!preview.complete && <Notice tone="warn">{text.imports.incomplete(dateTime(preview.from))}</Notice>}
    </>
  );
}
