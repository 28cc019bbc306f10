/// The data folders that spoke under a sensor's name, and saying that a new one is its own.
import { Check, Fingerprint } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import type { Sensor } from '../../lib/api';
import { useText } from '../../lib/i18n/i18n';
import { problemText } from '../../lib/problem';
import { Button } from '../../ui/Button';
import { Overlay } from '../../ui/Overlay';
import { Time } from '../../ui/Time';
import { useToast } from '../../ui/Toasts';
import { useMayWrite, useSensorChange } from './useSensors';

export function Instances({ sensor }: { sensor: Sensor }): ReactNode {
  const text = useText();
  const mayWrite = useMayWrite();
  const [asked, setAsked] = useState<string | null>(null);
  if (sensor.instances.length === 0) return null;
  return (
    <section>
      <h2>{text.sensors.instances}</h2>
      <p className="field-hint sensor-hint">{text.sensors.instancesHint}</p>
      <table className="table table-stack sheet-table" aria-label={text.sensors.instances}>
        <thead>
          <tr>
            <th scope="col">{text.sensors.instance}</th>
            <th scope="col">{text.sensors.firstSeen}</th>
            <th scope="col">{text.sensors.lastSeen}</th>
            <th scope="col">{text.sensors.state}</th>
          </tr>
        </thead>
        <tbody>
          {sensor.instances.map(({ instance, first_seen: first, last_seen: last, confirmed }) => (
            <tr key={instance} className="sensor-instance">
              <td className="mono">{instance}</td>
              <td data-label={text.sensors.firstSeen}>
                <Time at={first} />
              </td>
              <td data-label={text.sensors.lastSeen}>
                <Time at={last} />
              </td>
              <td>
                {confirmed ? (
                  <span className="mark">
                    <Check size={13} aria-hidden="true" />
                    {text.sensors.confirmed}
                  </span>
                ) : (
                  <span className="instance-ask">
                    <span className="mark sensor-grave">
                      <Fingerprint size={13} aria-hidden="true" />
                      {text.sensors.unconfirmed}
                    </span>
                    {mayWrite && (
                      <Button aria-label={text.sensors.confirmOne(instance)} onPress={() => setAsked(instance)}>
                        {text.sensors.confirm}
                      </Button>
                    )}
                  </span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Overlay title={text.sensors.confirmTitle} isOpen={asked !== null} onClose={() => setAsked(null)} role="alertdialog">
        {asked !== null && <ConfirmForm name={sensor.name} instance={asked} onClose={() => setAsked(null)} />}
      </Overlay>
    </section>
  );
}

function ConfirmForm({ name, instance, onClose }: { name: string; instance: string; onClose: () => void }): ReactNode {
  const text = useText();
  const toast = useToast();
  const confirm = useSensorChange(
    (client) => client.confirmInstance(name, instance),
    () => {
      toast({ message: text.sensors.confirmedDone });
      onClose();
    },
  );
  return (
    <div className="dialog-form">
      <p className="mono">{instance}</p>
      <p>{text.sensors.confirmWhat(name)}</p>
      <ul className="bulleted">
        <li>{text.sensors.confirmGood}</li>
        <li>{text.sensors.confirmBad}</li>
      </ul>
      <p>
        <strong>{text.sensors.confirmRule}</strong>
      </p>
      {confirm.isError && (
        <p className="field-error" role="alert">
          {problemText(confirm.error, text).message}
        </p>
      )}
      <div className="dialog-foot">
        <Button onPress={onClose} autoFocus>
          {text.app.cancel}
        </Button>
        <Button look="primary" isDisabled={confirm.isPending} onPress={() => confirm.mutate(undefined)}>
          {text.sensors.confirmSubmit}
        </Button>
      </div>
    </div>
  );
}
