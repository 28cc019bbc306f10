/// Closing alerts needs a verdict: keys 1 to 4. One alert is named, many are counted.
import type { ReactNode } from 'react';
import { VERDICTS, type AlertRow } from '../../lib/api';
import { useText } from '../../lib/i18n/i18n';
import { CodeForm } from '../../ui/CodeForm';
import { SeverityMark } from '../../ui/Marks';
import { Overlay } from '../../ui/Overlay';
import { RuleTitle } from '../../ui/RuleTitle';
import type { Target } from './useChange';

export function CloseDialog(props: {
  /** The rule of the one alert, or how many they are. */
  what: AlertRow['rule'] | string | null;
  onCancel: () => void;
  onClose: (target: Target) => void;
}): ReactNode {
  const text = useText();
  const { what } = props;
  return (
    <Overlay title={text.closeDialog.title} isOpen={what !== null} onClose={props.onCancel}>
      {what !== null && (
        <CodeForm
          codes={VERDICTS.map((id) => ({ id, name: text.verdict[id], hint: text.verdictHint[id] }))}
          words={{ ...text.closeDialog, label: text.closeDialog.verdict }}
          onSubmit={(verdict, note) => props.onClose({ state: 'closed', verdict, ...(note === '' ? {} : { note }) })}
          onCancel={props.onCancel}
        >
          <p className="close-what">
            {typeof what === 'string' ? (
              <strong>{text.alerts.total(what)}</strong>
            ) : (
              <>
                <SeverityMark level={what.level} />
                <RuleTitle rule={what} />
              </>
            )}
          </p>
        </CodeForm>
      )}
    </Overlay>
  );
}
