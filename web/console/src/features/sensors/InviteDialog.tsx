/// Inviting a sensor, or one anew: name, sites, hours; then the command, which is shown this once.
import { useState, type FormEvent, type ReactNode } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import type { Invitation, Sensor } from '../../lib/api';
import { dateTime } from '../../lib/format';
import { useText } from '../../lib/i18n/i18n';
import { problemText } from '../../lib/problem';
import { Button } from '../../ui/Button';
import { CopyButton } from '../../ui/CopyButton';
import { Notice } from '../../ui/Notice';
import { Overlay } from '../../ui/Overlay';
import { DEFAULT_HOURS, hoursOf, isSensorName } from './invitation';
import { SiteGrant } from './SiteGrant';
import { useSensorChange, useSensors } from './useSensors';

interface Given {
  isOpen: boolean;
  onClose: () => void;
  /** The sensor that is to enrol anew. */
  again?: Sensor;
}

export function InviteDialog({ isOpen, onClose, again }: Given): ReactNode {
  const text = useText();
  const [made, setMade] = useState<Invitation | null>(null);
  const close = () => {
    setMade(null);
    onClose();
  };
  return (
    <Overlay
      title={again ? text.sensors.inviteAgain : text.sensors.invite}
      isOpen={isOpen}
      onClose={close}
      isWide
      isHeld={made !== null}
    >
      {made === null ? (
        <InviteForm {...(again && { again })} onMade={setMade} onClose={close} />
      ) : (
        <Made invitation={made} onClose={close} />
      )}
    </Overlay>
  );
}

function InviteForm(props: { again?: Sensor; onMade: (made: Invitation) => void; onClose: () => void }): ReactNode {
  const text = useText();
  const { again } = props;
  const [name, setName] = useState(again?.name ?? '');
  const [sites, setSites] = useState<readonly string[]>(again?.sites ?? []);
  const [typed, setTyped] = useState(String(DEFAULT_HOURS));
  const { data } = useSensors();
  const hours = hoursOf(typed);
  const invite = useSensorChange(
    (client) => client.inviteSensor({ name, sites: [...sites], hours }),
    props.onMade,
  );
  const isName = isSensorName(name);
  const isTaken = !again && data?.items.some((sensor) => sensor.name === name) === true;
  const isReady = isName && sites.length > 0 && hours !== null && !invite.isPending;
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady) invite.mutate(undefined);
  };
  return (
    <form className="dialog-form" onSubmit={onSubmit}>
      {again ? (
        <p>{text.sensors.againHint(again.name)}</p>
      ) : (
        <>
          <TextField className="field" value={name} onChange={setName} isRequired autoFocus>
            <Label>{text.sensors.nameLabel}</Label>
            <Input className="input mono" maxLength={60} spellCheck="false" autoComplete="off" />
          </TextField>
          <p className={name === '' || isName ? 'field-hint' : 'field-error'}>
            {isTaken ? text.sensors.nameTaken : text.sensors.nameHint}
          </p>
        </>
      )}
      <SiteGrant chosen={sites} onChange={setSites} />
      <TextField className="field sensor-hours" value={typed} onChange={setTyped} isRequired>
        <Label>{text.sensors.hours}</Label>
        <Input className="input" inputMode="numeric" maxLength={3} />
      </TextField>
      <p className={hours === null ? 'field-error' : 'field-hint'}>{text.sensors.hoursHint}</p>
      {invite.isError && (
        <p className="field-error" role="alert">
          {problemText(invite.error, text).message}
        </p>
      )}
      <div className="dialog-foot">
        <Button onPress={props.onClose}>{text.app.cancel}</Button>
        <Button type="submit" look="primary" isDisabled={!isReady}>
          {text.sensors.make}
        </Button>
      </div>
    </form>
  );
}

function Made({ invitation, onClose }: { invitation: Invitation; onClose: () => void }): ReactNode {
  const text = useText();
  const { command, name, expires } = invitation;
  return (
    <div className="dialog-form">
      <Notice tone="warn">
        <strong>{text.sensors.once}</strong>
      </Notice>
      <pre className="raw sensor-command" tabIndex={0} aria-label={text.sensors.command}>
        {command}
      </pre>
      <p>{text.sensors.commandNext(name)}</p>
      <p className="field-hint">{text.sensors.until(dateTime(expires))}</p>
      <div className="dialog-foot">
        <CopyButton value={command} label={text.sensors.copyCommand} hasWord />
        <Button look="primary" onPress={onClose}>
          {text.sensors.copied}
        </Button>
      </div>
    </div>
  );
}
