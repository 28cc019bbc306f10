/// The keys that work on this page, read from the same list that performs them.
import type { ReactNode } from 'react';
import { useText } from '../lib/i18n/i18n';
import { keyLabel, useAllActions } from '../lib/shortcuts';
import { Button } from '../ui/Button';
import { Overlay } from '../ui/Overlay';

export function KeyHelp(props: { isOpen: boolean; onClose: () => void }): ReactNode {
  const text = useText();
  const actions = useAllActions().filter((action) => action.keys.length > 0);
  const groups = [...new Set(actions.map((action) => action.group))].reverse();
  return (
    <Overlay title={text.app.keys} isOpen={props.isOpen} onClose={props.onClose}>
      {groups.map((group) => (
        <section key={group}>
          <h3>{group}</h3>
          <dl className="keys">
            {actions
              .filter((action) => action.group === group)
              .map((action) => (
                <div key={action.name}>
                  <dt>{action.label}</dt>
                  <dd>
                    {action.keys.map((key) => (
                      <kbd key={key}>{keyLabel(key)}</kbd>
                    ))}
                  </dd>
                </div>
              ))}
          </dl>
        </section>
      ))}
      <div className="dialog-foot">
        <Button slot="close">{text.app.close}</Button>
      </div>
    </Overlay>
  );
}
