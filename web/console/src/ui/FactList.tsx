/// Names and what stands for them, one a line.
import type { ReactNode } from 'react';

export function FactList({ facts }: { facts: readonly (readonly [name: string, shown: ReactNode])[] }): ReactNode {
  return (
    <dl className="facts">
      {facts.map(([name, shown]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{shown}</dd>
        </div>
      ))}
    </dl>
  );
}
