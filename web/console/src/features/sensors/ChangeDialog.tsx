/// What a sensor may deliver for, and how long it may be silent before that is an incident.
import { useState, type FormEvent, type ReactNode } from 'react';
import type { Sensor } from '../../lib/api';
import { useText } from '../../lib/i18n/i18n';
import { problemText } from '../../lib/problem';
import { Button } from '../../ui/Button';
import { Choice } from '../../ui/Choice';
import { Overlay } from '../../ui/Overlay';
import { useToast } from '../../ui/Toasts';
import { silenceText, silencesWith } from './silence';
import { SiteGrant } from './SiteGrant';
import { useSensorChange } from './useSensors';

export function ChangeDialog(props: { sensor: Sensor; isOpen: boolean; onClose: () => void }): ReactNode {
  const text = useText();
  return (
    <Overlay title={text.sensors.changeTitle} isOpen={props.isOpen} onClose={props.onClose} isWide>
      <ChangeForm sensor={props.sensor} onClose={props.onClose} />
    </Overlay>
  );
}

function ChangeForm({ sensor, onClose }: { sensor: Sensor; onClose: () => void }): ReactNode {
  const text = useText();
  const toast = useToast();
  const [sites, setSites] = useState<readonly string[]>(sensor.sites);
  const [silence, setSilence] = useState(sensor.silent_seconds);
  const change = useSensorChange(
    (client) => client.changeSensor(sensor.name, { sites: [...sites], silent_seconds: silence }),
    () => {
      toast({ message: text.sensors.changed });
      onClose();
    },
  );
  const isReady = sites.length > 0 && !change.isPending;
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady) change.mutate(undefined);
  };
  return (
    <form className="dialog-form" onSubmit={onSubmit}>
      <p className="mono">{sensor.name}</p>
      <SiteGrant chosen={sites} onChange={setSites} />
      <div className="field">
        <span className="field-label">{text.sensors.silence}</span>
        <Choice
          label={text.sensors.silence}
          value={String(silence)}
          options={silencesWith(sensor.silent_seconds).map((each) => ({ id: String(each), name: silenceText(each, text.sensors) }))}
          onChange={(id) => setSilence(Number(id))}
        />
      </div>
      {change.isError && (
        <p className="field-error" role="alert">
          {problemText(change.error, text).message}
        </p>
      )}
      <div className="dialog-foot">
        <Button onPress={onClose}>{text.app.cancel}</Button>
        <Button type="submit" look="primary" isDisabled={!isReady}>
          {text.sensors.save}
        </Button>
      </div>
    </form>
  );
}
