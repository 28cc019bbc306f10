/// Loading, failed, empty, too many, incomplete: what stands around the rows.
import { SearchX } from 'lucide-react';
import type { ReactNode } from 'react';
import { number } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { isQueryAtFault } from '../../lib/problem';
import { Bones } from '../../ui/Bones';
import { Notice } from '../../ui/Notice';
import { Failed, Screen } from '../../ui/Screen';
import type { Events } from './useEvents';

export function Results({ results, children }: { results: Events; children: ReactNode }): ReactNode {
  const { text, language } = useSpeech();
  const { first, error } = results;
  if (isQueryAtFault(error)) return null;
  if (error && first === null) return <Failed error={error} onRetry={results.search} />;
  if (results.isLoading || first === null) {
    return <Bones rows={16} height={30} columns={['140px', '110px', '130px', '1fr', '2fr']} />;
  }
  const total = number(first.total, language);
  return (
    <>
      <p className="hunt-total" aria-live="polite">
        <strong>{first.total_capped ? text.events.totalCapped(total) : text.events.total(total)}</strong>
        <span className="dim">{text.events.took(number(first.took_ms, language))}</span>
      </p>
      {first.partial !== null && (
        <Notice tone="warn">
          {first.partial === 'deadline' ? text.events.partialDeadline : text.events.partialQuarantined}
        </Notice>
      )}
      {first.total_capped && <Notice>{text.events.tooManyHint}</Notice>}
      {results.events.length === 0 ? (
        <Screen icon={SearchX} title={text.events.emptyTitle}>
          <p>{text.events.emptyText}</p>
        </Screen>
      ) : (
        children
      )}
    </>
  );
}
