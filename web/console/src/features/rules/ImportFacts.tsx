/// The import in numbers: what is new, what changes, what goes, under which licences.
import type { ReactNode } from 'react';
import type { RuleImport } from '../../lib/api';
import { number } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { Licenses } from './PackTable';

const COUNTS = ['added', 'changed', 'removed', 'unchanged', 'refused', 'shipped'] as const;

export function ImportFacts({ made }: { made: RuleImport }): ReactNode {
  const { text, language } = useSpeech();
  return (
    <dl className="import-facts">
      {COUNTS.map((name) => (
        <div key={name}>
          <dt>{text.imports.counts[name]}</dt>
          <dd className={made.counts[name] === 0 ? 'dim' : undefined}>{number(made.counts[name], language)}</dd>
        </div>
      ))}
      <div className="import-licenses">
        <dt>{text.imports.licenses}</dt>
        <dd>
          <Licenses licenses={made.licenses} />
        </dd>
      </div>
    </dl>
  );
}
