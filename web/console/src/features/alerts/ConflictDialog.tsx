/// Two people changed one alert: both sides, side by side, and a choice.
import type { ReactNode } from 'react';
import type { Alert } from '../../lib/api';
import { dateTime } from '../../lib/format';
import { useText } from '../../lib/i18n/i18n';
import { Button } from '../../ui/Button';
import { StateMark } from '../../ui/Marks';
import { Overlay } from '../../ui/Overlay';
import { Text } from '../../ui/Text';
import { Holder } from './Holder';
import type { Conflict, Target } from './useChange';

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
              <Holder row={conflict.current} />
              <LastChange alert={conflict.current} />
            </section>
            <section className="side">
              <h3>{text.conflict.mine}</h3>
              <Wanted target={conflict.wanted} />
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

function Wanted({ target }: { target: Target }): ReactNode {
  if ('assignee' in target) return <Holder row={{ assignee: target.assignee === '' ? null : target.assignee }} />;
  return (
    <>
      <StateMark state={target.state} verdict={target.verdict ?? null} />
      {target.note !== undefined && (
        <p>
          <Text value={target.note} />
        </p>
      )}
    </>
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
