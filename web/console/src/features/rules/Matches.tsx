/// The conditions of an exception as a sentence; one that was written by hand as its text.
import type { ReactNode } from 'react';
import type { RuleException } from '../../lib/api';
import { useText } from '../../lib/i18n/i18n';
import { wordOf } from '../../lib/i18n/word';
import { RuleText } from '../../ui/RuleText';
import { Text } from '../../ui/Text';

export function Matches({ exception }: { exception: RuleException }): ReactNode {
  const text = useText();
  if (exception.match.length === 0) {
    return (
      <details>
        <summary>{text.exceptions.byHandHint}</summary>
        {exception.source === '' ? <p className="dim">{text.exceptions.hidden}</p> : <RuleText source={exception.source} matched={{}} />}
      </details>
    );
  }
  return (
    <ul className="matches">
      {exception.match.map((match, at) => (
        <li key={at}>
          {at > 0 && <span className="dim">{text.exceptions.and} </span>}
          <span className="mono">
            <Text value={match.field} mayBreak />
          </span>{' '}
          <span className="dim">{wordOf(text.exceptions.how, match.how)}</span>{' '}
          {match.values.map((value, place) => (
            <span key={place}>
              {place > 0 && <span className="dim"> {text.exceptions.or} </span>}
              <span className="mono match-value">
                <Text value={value} mayBreak />
              </span>
            </span>
          ))}
        </li>
      ))}
    </ul>
  );
}
