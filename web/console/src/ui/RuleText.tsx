/// The rule as written, with what matched marked.
import { Fragment, type ReactNode } from 'react';
import { Text } from './Text';
import { markRule } from '../lib/markRule';

export function RuleText(props: { source: string; matched: Record<string, unknown> }): ReactNode {
  const lines = markRule(props.source.trimEnd(), props.matched);
  return (
    <pre className="raw rule-text" tabIndex={0}>
      {lines.map((line, at) => (
        <Fragment key={at}>
          {line.map((part, place) =>
            part.isMarked ? (
              <mark key={place}>
                <Text value={part.text} />
              </mark>
            ) : (
              <Text key={place} value={part.text} />
            ),
          )}
          {'\n'}
        </Fragment>
      ))}
    </pre>
  );
}
