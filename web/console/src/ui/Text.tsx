/// A string that somebody else wrote: always text, hidden characters drawn as escapes.
import { Fragment, type ReactNode } from 'react';
import { breakable, visible, visibleParts } from '../lib/visible';

/** Shorter values have room on one line. */
const LONG = 16;

export function Text(props: { value: string; mayBreak?: boolean }): ReactNode {
  const { value } = props;
  const plain = (text: string) => (props.mayBreak && value.length > LONG ? withBreaks(text) : text);
  const parts = visibleParts(value);
  if (parts.every((part) => !part.escaped)) return <bdi>{plain(value)}</bdi>;
  return (
    <bdi title={visible(value)}>
      {parts.map((part, at) =>
        part.escaped ? (
          <span key={at} className="escape">
            {part.text}
          </span>
        ) : (
          <Fragment key={at}>{plain(part.text)}</Fragment>
        ),
      )}
    </bdi>
  );
}

function withBreaks(text: string): ReactNode {
  return breakable(text).map((piece, at) => (
    <Fragment key={at}>
      {at > 0 && <wbr />}
      {piece}
    </Fragment>
  ));
}
