/// The buttons for one thing: those of its actions that are possible now, for who may change it.
import type { ReactNode } from 'react';
import { useMay } from '../lib/context';
import { useText } from '../lib/i18n/i18n';
import { keyLabel, type Action } from '../lib/shortcuts';
import { Button } from './Button';

export function ActionBar({ actions, right }: { actions: readonly Action[]; right: string }): ReactNode {
  const text = useText();
  const mayWrite = useMay(right);
  if (!mayWrite) return <p className="dim">{text.alerts.noWrite}</p>;
  const shown = actions.filter((action) => action.name !== 'undo' && action.isDisabled !== true);
  return (
    <div className="action-bar">
      {shown.map((action, at) => (
        <Button
          key={action.name}
          look={at === 0 ? 'primary' : 'plain'}
          shortcut={keyLabel(action.keys[0] ?? '')}
          onPress={action.perform}
        >
          {action.label}
        </Button>
      ))}
    </div>
  );
}
