/// Closing an alert needs a verdict: keys 1 to 4.
import type { ReactNode } from 'react';
import { VERDICTS, type AlertRow } from '../../lib/api';
import { useText } from '../../lib/i18n/i18n';
import { CodeForm } from '../../ui/CodeForm';
import { SeverityMark } from '../../ui/Marks';
import { Overlay } from '../../ui/Overlay';
import { RuleTitle } from '../../ui/RuleTitle';
import type { Target } from './useChange';

export function CloseDialog(props: {
  alert: AlertRow | null;
  onCancel: () => void;
  onClose: (target: Target) => void;
}): ReactNode {
  const text = useText();
  const { alert } = props;
  return (
    <Overlay title={text.closeDialog.title} isOpen={alert !== null} onClose={props.onCancel}>
      {alert && (
        <CodeForm
          codes={VERDICTS.map((id) => ({ id, name: text.verdict[id], hint: text.verdictHint[id] }))}
          words={{ ...text.closeDialog, label: text.closeDialog.verdict }}
          onSubmit={(verdict, note) => props.onClose({ state: 'closed', verdict, ...(note === '' ? {} : { note }) })}
          onCancel={props.onCancel}
        >
          <p className="close-what">
            <SeverityMark level={alert.rule.level} />
            <RuleTitle rule={alert.rule} />
          </p>
        </CodeForm>
      )}
    </Overlay>
  );
}
