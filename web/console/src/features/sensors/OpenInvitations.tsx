/// Invitations that nobody has used yet: for whom, until when, and taking one back.
import { MailX } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import type { OpenInvitation } from '../../lib/api';
import { useSites } from '../../lib/context';
import { useText } from '../../lib/i18n/i18n';
import { problemText } from '../../lib/problem';
import { Button } from '../../ui/Button';
import { Overlay } from '../../ui/Overlay';
import { Text } from '../../ui/Text';
import { Time } from '../../ui/Time';
import { useToast } from '../../ui/Toasts';
import { useInvitations, useMayWrite, useSensorChange } from './useSensors';

export function OpenInvitations(): ReactNode {
  const text = useText();
  const { nameOf } = useSites();
  const mayWrite = useMayWrite();
  const { data } = useInvitations();
  const [asked, setAsked] = useState<OpenInvitation | null>(null);
  if (data === undefined || data.items.length === 0) return null;
  const words = text.sensors;
  return (
    <section>
      <h2>{words.invitations}</h2>
      <p className="field-hint sensor-hint">{words.invitationsHint}</p>
      <table className="table table-stack sheet-table" aria-label={words.invitations}>
        <thead>
          <tr>
            <th scope="col">{words.nameLabel}</th>
            <th scope="col">{words.grant}</th>
            <th scope="col">{words.invitedBy}</th>
            <th scope="col">{words.goodUntil}</th>
            <th scope="col" />
          </tr>
        </thead>
        <tbody>
          {data.items.map((each) => (
            <tr key={each.id}>
              <td className="mono">
                <Text value={each.sensor} mayBreak />
              </td>
              <td data-label={words.grant}>{each.sites.map(nameOf).join(', ')}</td>
              <td data-label={words.invitedBy}>
                <Text value={each.who} />
              </td>
              <td data-label={words.goodUntil}>
                <Time at={each.expires} />
              </td>
              <td>
                {mayWrite && (
                  <Button aria-label={words.withdrawOne(each.sensor)} onPress={() => setAsked(each)}>
                    <MailX size={14} aria-hidden="true" />
                    {words.withdraw}
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <WithdrawDialog asked={asked} onClose={() => setAsked(null)} />
    </section>
  );
}

function WithdrawDialog({ asked, onClose }: { asked: OpenInvitation | null; onClose: () => void }): ReactNode {
  const text = useText();
  const toast = useToast();
  const withdraw = useSensorChange(
    (client, id: string) => client.withdrawInvitation(id),
    () => {
      toast({ message: text.sensors.withdrawn });
      onClose();
    },
  );
  const close = () => {
    withdraw.reset();
    onClose();
  };
  return (
    <Overlay title={text.sensors.withdrawTitle} isOpen={asked !== null} onClose={close} role="alertdialog">
      <p>{text.sensors.withdrawHint(asked?.sensor ?? '')}</p>
      {withdraw.isError && (
        <p className="field-error" role="alert">
          {problemText(withdraw.error, text).message}
        </p>
      )}
      <div className="dialog-foot">
        <Button onPress={close} autoFocus>
          {text.app.cancel}
        </Button>
        <Button look="primary" isDisabled={withdraw.isPending} onPress={() => asked && withdraw.mutate(asked.id)}>
          {text.sensors.withdraw}
        </Button>
      </div>
    </Overlay>
  );
}
