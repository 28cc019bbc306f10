/// A string that somebody else wrote: always text, hidden characters drawn as escapes.
import type { ReactNode } from 'react';
import { visible, visibleParts } from '../lib/visible';

export function Text({ value }: { value: string }): ReactNode {
  const parts = visibleParts(value);
  if (parts.every((part) => !part.escaped)) return <bdi>{value}</bdi>;
  return (
    <bdi title={visible(value)}>
      {parts.map((part, at) =>
        part.escaped ? (
          <span key={at} className="escape">
            {part.text}
          </span>
        ) : (
          part.text
        ),
      )}
    </bdi>
  );
}
