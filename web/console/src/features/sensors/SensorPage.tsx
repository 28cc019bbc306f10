/// One sensor: what is wrong and what to do, its spool and line, its instances, and what one may do.
import { ArrowLeft, Ban, Database, Pencil, RadioTower, Search } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { Link, useParams } from 'react-router';
import type { Sensor } from '../../lib/api';
import { useMay } from '../../lib/context';
import { term } from '../../lib/fields';
import { useText } from '../../lib/i18n/i18n';
import { visible } from '../../lib/visible';
import { Bones } from '../../ui/Bones';
import { Button } from '../../ui/Button';
import { Missing } from '../../ui/Missing';
import { StaleNotice } from '../../ui/Notice';
import { Text } from '../../ui/Text';
import { useToast } from '../../ui/Toasts';
import { WhyDialog } from '../../ui/WhyDialog';
import { ChangeDialog } from './ChangeDialog';
import { Configuration } from './Configuration';
import { Instances } from './Instances';
import { InviteDialog } from './InviteDialog';
import { Lanes } from './Lanes';
import { SensorFacts } from './SensorFacts';
import { SensorTroubles } from './SensorState';
import { useMayWrite, useSensor, useSensorChange } from './useSensors';
import './sensors.css';

export function SensorPage(): ReactNode {
  const { name = '' } = useParams();
  const { data, error, dataUpdatedAt, refetch } = useSensor(name);
  if (data === undefined) {
    if (error) return <Missing error={error} what="sensor" onRetry={() => void refetch()} />;
    return <Bones rows={8} columns={['2fr', '1fr']} height={48} />;
  }
  return (
    <>
      {error && <StaleNotice asOf={dataUpdatedAt} onRetry={() => void refetch()} />}
      <Shown sensor={data} />
    </>
  );
}

function Shown({ sensor }: { sensor: Sensor }): ReactNode {
  const text = useText();
  return (
    <div className="sheet">
      <title>{`${visible(sensor.name)} · ${text.app.name}`}</title>
      <header className="sheet-top">
        <div>
          <p>
            <Link to="/sensors" className="sheet-back">
              <ArrowLeft size={13} aria-hidden="true" /> {text.sensors.title}
            </Link>
          </p>
          <h1>
            <Text value={sensor.name} mayBreak />
          </h1>
        </div>
        <Tools sensor={sensor} />
      </header>
      <SensorTroubles sensor={sensor} />
      <div className="sheet-body">
        <div className="sheet-main">
          <Lanes sensor={sensor} />
          <Configuration sensor={sensor} />
          <Instances sensor={sensor} />
        </div>
        <SensorFacts sensor={sensor} />
      </div>
    </div>
  );
}

type Open = 'change' | 'revoke' | 'invite' | null;

function Tools({ sensor }: { sensor: Sensor }): ReactNode {
  const text = useText();
  const mayWrite = useMayWrite();
  const mayHunt = useMay('events.read');
  const maySources = useMay('sources.read');
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  const isRevoked = sensor.revoked !== null;
  return (
    <div className="sheet-tools">
      {mayHunt && (
        <Link className="button" to={`/hunt?q=${encodeURIComponent(term('sensor', sensor.name))}`}>
          <Search size={14} aria-hidden="true" />
          {text.sensors.events}
        </Link>
      )}
      {maySources && (
        <Link className="button" to={`/sources?sensor=${encodeURIComponent(sensor.name)}`}>
          <Database size={14} aria-hidden="true" />
          {text.sensors.toSources}
        </Link>
      )}
      {mayWrite ? (
        <>
          <Button onPress={() => setOpen('change')}>
            <Pencil size={14} aria-hidden="true" />
            {text.sensors.change}
          </Button>
          <Button onPress={() => setOpen('invite')}>
            <RadioTower size={14} aria-hidden="true" />
            {text.sensors.inviteAgain}
          </Button>
          {!isRevoked && (
            <Button onPress={() => setOpen('revoke')}>
              <Ban size={14} aria-hidden="true" />
              {text.sensors.revoke}
            </Button>
          )}
          <ChangeDialog sensor={sensor} isOpen={open === 'change'} onClose={close} />
          <InviteDialog again={sensor} isOpen={open === 'invite'} onClose={close} />
          <RevokeDialog name={sensor.name} isOpen={open === 'revoke'} onClose={close} />
        </>
      ) : (
        <p className="dim">{text.sensors.noWrite}</p>
      )}
    </div>
  );
}

function RevokeDialog({ name, isOpen, onClose }: { name: string; isOpen: boolean; onClose: () => void }): ReactNode {
  const text = useText();
  const toast = useToast();
  const revoke = useSensorChange(
    (client, why: string) => client.revokeSensor(name, why),
    () => {
      toast({ message: text.sensors.revoked });
      onClose();
    },
  );
  return (
    <WhyDialog
      title={text.sensors.revokeTitle}
      submit={text.sensors.revoke}
      isOpen={isOpen}
      isPending={revoke.isPending}
      error={revoke.error}
      onSubmit={(why) => revoke.mutate(why)}
      onClose={() => {
        revoke.reset();
        onClose();
      }}
    >
      <p>{text.sensors.revokeHint(name)}</p>
    </WhyDialog>
  );
}
