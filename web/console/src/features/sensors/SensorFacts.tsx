/// What the centre knows of a sensor: where, since when, which version, which clock.
import type { ReactNode } from 'react';
import type { Sensor } from '../../lib/api';
import { useSites } from '../../lib/context';
import { number } from '../../lib/format';
import { useSpeech, type Dictionary, type Language } from '../../lib/i18n/i18n';
import { FactList } from '../../ui/FactList';
import { Text } from '../../ui/Text';
import { Ago, Time } from '../../ui/Time';
import { CertificateEnd } from './CertificateEnd';
import { silenceText } from './silence';

export function SensorFacts({ sensor }: { sensor: Sensor }): ReactNode {
  const { text, language } = useSpeech();
  const { nameOf } = useSites();
  const words = text.sensors;
  const facts: [string, ReactNode][] = [
    [words.sites, sensor.sites.map(nameOf).join(', ')],
    [words.lastSeen, sensor.last_seen === null ? '—' : <Ago key="seen" at={sensor.last_seen} hasFocus />],
    [words.silence, silenceText(sensor.silent_seconds, words)],
    [words.version, <Text key="version" value={sensor.version || '—'} />],
    [words.address, <span key="address" className="mono"><Text value={sensor.address || '—'} mayBreak /></span>],
    [words.clock, sensor.last_seen === null ? '—' : clockText(sensor.skew_ms, words, language)],
    [words.certificateEnds, <CertificateEnd key="certificate" at={sensor.certificate_expires} />],
    [words.sources, number(sensor.sources, language)],
    [words.dropped, <span key="dropped" className={sensor.dropped > 0 ? 'bad-number' : undefined}>{number(sensor.dropped, language)}</span>],
    [words.created, <Time key="created" at={sensor.created} />],
  ];
  if (sensor.revoked !== null) facts.push([words.revokedAt, <Time key="revoked" at={sensor.revoked} />]);
  if (sensor.revoked_by !== null) facts.push([words.revokedBy, <Text key="by" value={sensor.revoked_by} />]);
  if (sensor.revoked_why !== null) facts.push([words.revokedWhy, <Text key="why" value={sensor.revoked_why} mayBreak />]);
  return (
    <aside className="sheet-side">
      <FactList facts={facts} />
    </aside>
  );
}

/** To a tenth of a second, in words: nobody remembers which way a sign goes. */
function clockText(skewMs: number, words: Dictionary['sensors'], language: Language): string {
  const seconds = Math.round(Math.abs(skewMs) / 100) / 10;
  if (seconds === 0) return words.exact;
  return (skewMs > 0 ? words.ahead : words.behind)(number(seconds, language));
}
