/// How a sensor is: every trouble as icon, colour and words, the worst first; well, when there is none.
import {
  BadgeAlert,
  BadgeX,
  Ban,
  ClockAlert,
  FileX2,
  Fingerprint,
  HardDrive,
  History,
  ServerOff,
  ShieldX,
  Unplug,
  type LucideIcon,
} from 'lucide-react';
import type { ReactNode } from 'react';
import type { Sensor } from '../../lib/api';
import { useNow } from '../../lib/clock';
import { number } from '../../lib/format';
import { useSpeech, useText } from '../../lib/i18n/i18n';
import { FreshnessMark } from '../../ui/Marks';
import { Text } from '../../ui/Text';
import { Time } from '../../ui/Time';
import { reportOf } from './report';
import { troublesOf, weightOf, type Trouble } from './trouble';

type Own = Exclude<Trouble, 'late' | 'stale' | 'never'>;

const ICONS: Record<Own, LucideIcon> = {
  spool_failed: ServerOff,
  spool_full: HardDrive,
  refused: ShieldX,
  some_refused: ShieldX,
  certificate_ended: BadgeX,
  instance: Fingerprint,
  broken: Unplug,
  config_refused: FileX2,
  config_rolled_back: History,
  certificate: BadgeAlert,
  clock: ClockAlert,
  revoked: Ban,
};

export function TroubleMark({ trouble }: { trouble: Trouble }): ReactNode {
  const text = useText();
  const word = text.sensors.states[trouble];
  if (trouble === 'late' || trouble === 'stale' || trouble === 'never') {
    return <FreshnessMark freshness={trouble} word={word} />;
  }
  const Icon = ICONS[trouble];
  return (
    <span className={`mark sensor-${weightOf(trouble)}`}>
      <Icon size={13} aria-hidden="true" />
      <span>{word}</span>
    </span>
  );
}

export function SensorState({ sensor }: { sensor: Sensor }): ReactNode {
  const text = useText();
  const troubles = troublesOf(sensor, useNow());
  if (troubles.length === 0) return <FreshnessMark freshness="fresh" word={text.sensors.states.fresh} />;
  return (
    <ul className="sensor-troubles">
      {troubles.map((trouble) => (
        <li key={trouble}>
          <TroubleMark trouble={trouble} />
        </li>
      ))}
    </ul>
  );
}

/** The same on the sensor's page: with what each means and what to do about it. */
export function SensorTroubles({ sensor }: { sensor: Sensor }): ReactNode {
  const text = useText();
  const troubles = troublesOf(sensor, useNow());
  const reason = reportOf(sensor)?.reason ?? null;
  if (troubles.length === 0) return <FreshnessMark freshness="fresh" word={text.sensors.states.fresh} />;
  return (
    <ul className="sensor-advice">
      {troubles.map((trouble) => (
        <li key={trouble} className={`advice-${weightOf(trouble)}`}>
          <TroubleMark trouble={trouble} />
          <div>
            <p>{text.sensors.hints[trouble]}</p>
            {trouble === 'some_refused' && <Refused sensor={sensor} />}
            {(trouble === 'broken' || trouble === 'refused') && reason !== null && (
              <p className="mono dim">
                <Text value={reason} mayBreak />
              </p>
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}

/** What the centre refuses now: how often, since when, in its own words. */
function Refused({ sensor }: { sensor: Sensor }): ReactNode {
  const { text, language } = useSpeech();
  return (
    <ul>
      {sensor.refused.map((each) => (
        <li key={each.code}>
          <p>
            {text.sensors.refusedTimes(number(each.count, language))} · <Time at={each.since} />
          </p>
          <p className="mono dim">
            <Text value={`${each.code}: ${each.message}`} mayBreak />
          </p>
        </li>
      ))}
    </ul>
  );
}
