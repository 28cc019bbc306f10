/// How far the rules of an import were tried on stored events.
import type { ReactNode } from 'react';
import type { RuleImport } from '../../lib/api';
import { dateTime, number } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { Notice } from '../../ui/Notice';

export function Trial({ preview }: { preview: RuleImport['preview'] }): ReactNode {
  const { text, language } = useSpeech();
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
  return (
    <>
      <p>{text.imports.done(number(preview.days, language), events)}</p>
      {!preview.complete && <Notice tone="warn">{text.imports.incomplete(dateTime(preview.from))}</Notice>}
    </>
  );
}
