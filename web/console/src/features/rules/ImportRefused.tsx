/// Rules of an import that were refused, with their reasons: they cost themselves, not the pack.
import { TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import type { RuleImport } from '../../lib/api';
import { number } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { ProblemList } from './RuleProblems';

/** The centre lists so many problems; a rule may have several. */
const LISTED = 200;

export function ImportRefused({ made }: { made: RuleImport }): ReactNode {
  const { text, language } = useSpeech();
  const { refused, counts } = made;
  if (refused.length === 0) return null;
  return (
    <details className="rule-problems">
      <summary>
        <TriangleAlert size={14} aria-hidden="true" />
        {text.imports.refused(number(counts.refused, language))}
      </summary>
      <ProblemList problems={refused} />
      {refused.length >= LISTED && (
        <p className="dim">{text.imports.refusedFirst(number(refused.length, language))}</p>
      )}
    </details>
  );
}
