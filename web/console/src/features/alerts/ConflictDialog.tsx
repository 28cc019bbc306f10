/// Two people changed one alert: both sides, side by side, and a choice.
import type { ReactNode } from 'react';
import type { Alert } from '../../lib/api';
import { dateTime } from '../../lib/format';
import { useText } from '../../lib/i18n/i18n';
import { Button } from '../../ui/Button';
import { StateMark } from '../../ui/Marks';
import { Overlay } from '../../ui/Overlay';
import { Text } from '../../ui/Text';
import type { Conflict } from './useChange';

export function ConflictDialog(props: {
  conflict: Conflict | null;
  onKeep: () => void;
  onApply: (conflict: Conflict) => void;
}): ReactNode {
  const text = useText();
  const { conflict } = props;
  return (
    <Overlay
      title={text.conflict.title}
      isOpen={conflict !== null}
      onClose={props.onKeep}
      role="alertdialog"
    >
      {conflict && (
        <>
          <div className="sides">
            <section className="side">
              <h3>{text.conflict.theirs}</h3>
              <StateMark state={conflict.current.state} verdict={conflict.current.verdict} />
              <LastChange alert={conflict.current} />
            </section>
            <section className="side">
              <h3>{text.conflict.mine}</h3>
              <StateMark state={conflict.wanted.state} verdict={conflict.wanted.verdict ?? null} />
              {conflict.wanted.note !== undefined && (
                <p>
                  <Text value={conflict.wanted.note} />
                </p>
              )}
            </section>
          </div>
          <div className="dialog-foot">
            <Button onPress={() => props.onApply(conflict)}>{text.conflict.apply}</Button>
            <Button look="primary" onPress={props.onKeep} autoFocus>
              {text.conflict.keep}
            </Button>
          </div>
        </>
      )}
    </Overlay>
  );
}

function LastChange({ alert }: { alert: Alert }): ReactNode {
  const text = useText();
  const last = alert.history.at(-1);
  if (!last) return null;
  return (
    <>
      <p className="dim">{text.conflict.by(last.who || text.history.system, dateTime(last.at))}</p>
      {last.note !== null && (
        <p>
          <Text value={last.note} />
        </p>
      )}
    </>
  );
}
