/// Two people wrote the same: both sides, where they differ, and nothing lost.
import { useEffect, useRef, type ReactNode } from 'react';
import { useText } from '../../lib/i18n/i18n';
import { visibleLines } from '../../lib/visible';
import { Button } from '../../ui/Button';

export function Theirs(props: {
  sides: readonly (readonly [name: string, theirs: string, mine: string])[];
  onTake: () => void;
}): ReactNode {
  const { conflict: words } = useText().cases;
  const frame = useRef<HTMLElement>(null);
  useEffect(() => frame.current?.scrollIntoView?.({ block: 'nearest' }), []);
  const differing = props.sides.filter(([, theirs, mine]) => theirs.trim() !== mine.trim());
  return (
    <section ref={frame} className="case-conflict" role="alert">
      <h3>{words.title}</h3>
      <p>{words.text}</p>
      {differing.map(([name, theirs, mine]) => (
        <div key={name} className="sides">
          <div className="side">
            <h4>
              {name} · {words.theirs}
            </h4>
            <p className="case-text">{visibleLines(theirs)}</p>
          </div>
          <div className="side">
            <h4>
              {name} · {words.mine}
            </h4>
            <p className="case-text">{visibleLines(mine)}</p>
          </div>
        </div>
      ))}
      <Button onPress={props.onTake}>{words.take}</Button>
    </section>
  );
}
