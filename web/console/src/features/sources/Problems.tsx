/// What is wrong with a source, since when and how often.
import { TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Source } from '../../lib/api';
import { number } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { wordOf } from '../../lib/i18n/word';
import { Text } from '../../ui/Text';
import { Time } from '../../ui/Time';

export function Problems({ problems }: { problems: Source['problems'] }): ReactNode {
  const { text, language } = useSpeech();
  if (problems.length === 0) return <span className="dim">{text.sources.none}</span>;
  return (
    <ul className="source-problems">
      {problems.map((problem) => (
        <li key={`${problem.code}-${problem.since}`}>
          <TriangleAlert size={13} aria-hidden="true" />
          <span>
            <strong>
              <Text value={wordOf(text.sources.problem, problem.code)} />
              {addsTo(problem) && ':'}
            </strong>{' '}
            {addsTo(problem) && <Text value={problem.message} />}{' '}
            <span className="dim nowrap">
              <Time at={problem.since} />
              {problem.count > 1 && ` · ${text.sources.times(number(problem.count, language))}`}
            </span>
          </span>
        </li>
      ))}
    </ul>
  );
}

/** The two that are only counted say nothing more, and a source without a reason repeats its word. */
function addsTo({ code, message }: Source['problems'][number]): boolean {
  return code !== 'parse_failed' && code !== 'dropped' && message !== code;
}
