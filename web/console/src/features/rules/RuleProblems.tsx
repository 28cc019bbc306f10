/// Files of rules that could not be read, each with its place and the reason; a bad file costs itself.
import { TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import type { RuleProblem } from '../../lib/api';
import { number } from '../../lib/format';
import { useSpeech, useText } from '../../lib/i18n/i18n';
import { ruleReason } from '../../lib/problem';
import { Text } from '../../ui/Text';
import { shortFile } from './shape';

export function RuleProblems({ problems }: { problems: readonly RuleProblem[] }): ReactNode {
  const { text, language } = useSpeech();
  if (problems.length === 0) return null;
  return (
    <details className="rule-problems">
      <summary>
        <TriangleAlert size={14} aria-hidden="true" />
        {text.rules.problems(number(problems.length, language))}
      </summary>
      <ProblemList problems={problems} />
    </details>
  );
}

export function ProblemList({ problems }: { problems: readonly RuleProblem[] }): ReactNode {
  const text = useText();
  return (
    <ul className="problem-list">
      {problems.map((problem, at) => (
        <li key={at}>
          <span className="mono">
            <Text value={shortFile(problem.file) + (problem.line === null ? '' : `:${String(problem.line)}`)} mayBreak />
          </span>{' '}
          <Text value={ruleReason(problem.reason, text)} />
        </li>
      ))}
    </ul>
  );
}
