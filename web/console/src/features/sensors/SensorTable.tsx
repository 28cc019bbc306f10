/// The table of sensors, dense: who, where, how, since when, what waits.
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { Sensor } from '../../lib/api';
import { useSites } from '../../lib/context';
import { number } from '../../lib/format';
import { useSpeech, useText } from '../../lib/i18n/i18n';
import { Text } from '../../ui/Text';
import { Ago } from '../../ui/Time';
import { CertificateEnd } from './CertificateEnd';
import { reportOf } from './report';
import { SensorState } from './SensorState';

const LANES = [1, 2, 3] as const;
/** How many sites a row has room for. */
const SHOWN_SITES = 2;

export function SensorTable({ sensors }: { sensors: readonly Sensor[] }): ReactNode {
  const text = useText();
  return (
    <table className="table table-stack sheet-table sensors-table" aria-label={text.sensors.title}>
      <thead>
        <tr>
          <th scope="col" rowSpan={2}>{text.sensors.state}</th>
          <th scope="col" rowSpan={2}>{text.sensors.name}</th>
          <th scope="col" rowSpan={2}>{text.sensors.sites}</th>
          <th scope="col" rowSpan={2}>{text.sensors.lastSeen}</th>
          <th scope="colgroup" colSpan={3} className="lanes-head">{text.sensors.waiting}</th>
          <th scope="col" rowSpan={2} className="number">{text.sensors.dropped}</th>
          <th scope="col" rowSpan={2}>{text.sensors.version}</th>
          <th scope="col" rowSpan={2}>{text.sensors.certificate}</th>
        </tr>
        <tr>
          {LANES.map((lane) => (
            <th key={lane} scope="col" className="number" title={text.sensors.laneOf[lane]}>
              {text.sensors.lane(String(lane))}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {sensors.map((sensor) => (
          <Row key={sensor.name} sensor={sensor} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ sensor }: { sensor: Sensor }): ReactNode {
  const { text, language } = useSpeech();
  const words = text.sensors;
  const report = reportOf(sensor);
  return (
    <tr className={sensor.revoked === null ? undefined : 'sensor-off'}>
      <td>
        <SensorState sensor={sensor} />
      </td>
      <th scope="row" className="mono sensor-name">
        <Link to={`/sensors/${encodeURIComponent(sensor.name)}`}>
          <Text value={sensor.name} mayBreak />
        </Link>
      </th>
      <td data-label={words.sites}>
        <SiteNames sites={sensor.sites} />
      </td>
      <td data-label={words.lastSeen}>{sensor.last_seen === null ? <span className="dim">—</span> : <Ago at={sensor.last_seen} hasFocus />}</td>
      {LANES.map((lane) => {
        const waiting = report?.lanes[lane - 1]?.waiting;
        return (
          <td key={lane} data-label={words.lane(String(lane))} className={waiting === undefined || waiting === 0 ? 'number dim' : 'number'}>
            {waiting === undefined ? '—' : number(waiting, language)}
          </td>
        );
      })}
      <td className="number" data-label={words.dropped}>
        <span className={sensor.dropped > 0 ? 'bad-number' : 'dim'}>{number(sensor.dropped, language)}</span>
      </td>
      <td className="mono" data-label={words.version}>{sensor.version === '' ? <span className="dim">—</span> : <Text value={sensor.version} />}</td>
      <td data-label={words.certificate}>
        <CertificateEnd at={sensor.certificate_expires} />
      </td>
    </tr>
  );
}

/** The first few by name; the rest when one looks closer. */
function SiteNames({ sites }: { sites: readonly string[] }): ReactNode {
  const { text, language } = useSpeech();
  const { nameOf } = useSites();
  const rest = sites.slice(SHOWN_SITES).map(nameOf);
  return (
    <>
      {sites.slice(0, SHOWN_SITES).map((id) => (
        <span key={id} className="sensor-site">
          {nameOf(id)}
        </span>
      ))}
      {rest.length > 0 && ' '}
      {rest.length > 0 && (
        <span className="dim" title={rest.join(', ')}>
          {text.sensors.moreSites(number(rest.length, language))}
        </span>
      )}
    </>
  );
}
