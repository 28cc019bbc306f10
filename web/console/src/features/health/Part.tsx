/// One part of the centre with its figures.
import { CircleAlert } from 'lucide-react';
import type { ReactNode } from 'react';

export function Part(props: {
  name: string;
  isBad: boolean;
  rows: readonly (readonly [string, string])[];
}): ReactNode {
  return (
    <section className={props.isBad ? 'part part-bad' : 'part'}>
      <h2>
        {props.isBad && <CircleAlert size={15} aria-hidden="true" />}
        {props.name}
      </h2>
      <dl>
        {props.rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
