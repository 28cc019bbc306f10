/// The spool of a sensor lane by lane, and its line, as it last reported them.
import type { ReactNode } from 'react';
import type { Sensor } from '../../lib/api';
import { bytes, number } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { Time } from '../../ui/Time';
import { reportOf } from './report';

export function Lanes({ sensor }: { sensor: Sensor }): ReactNode {
  const { text, language } = useSpeech();
  const report = reportOf(sensor);
  const words = text.sensors;
  return (
    <section>
      <h2>{words.lanes}</h2>
      {report === null ? (
        <p className="dim">{words.noReport}</p>
      ) : (
        <>
          <p className="lanes-sum">
            {report.uplink !== null && (
              <span>
                {words.uplink}: <strong>{words.uplinks[report.uplink]}</strong>
                {report.uplink === 'connected' && ` · ${words.rate(bytes(report.rate, language))}`}
              </span>
            )}
            {report.spool !== null && (
              <span>
                {words.spool}: <strong>{words.spools[report.spool]}</strong>
              </span>
            )}
            {report.at !== null && (
              <span className="dim">
                {words.reported} <Time at={report.at} />
              </span>
            )}
          </p>
          <table className="table table-stack sheet-table" aria-label={words.lanes}>
            <thead>
              <tr>
                <th scope="col">{words.laneName}</th>
                <th scope="col" className="number">{words.laneWaiting}</th>
                <th scope="col" className="number">{words.laneBytes}</th>
                <th scope="col" className="number">{words.laneDropped}</th>
                <th scope="col" className="number">{words.laneLast}</th>
              </tr>
            </thead>
            <tbody>
              {report.lanes.map((lane) => (
                <tr key={lane.lane}>
                  <td>
                    {lane.lane} <span className="dim">· {words.laneOf[lane.lane]}</span>
                  </td>
                  <td className="number" data-label={words.laneWaiting}>{number(lane.waiting, language)}</td>
                  <td className="number" data-label={words.laneBytes}>{bytes(lane.bytes, language)}</td>
                  <td className="number" data-label={words.laneDropped}>
                    <span className={lane.dropped > 0 ? 'bad-number' : 'dim'}>{number(lane.dropped, language)}</span>
                  </td>
                  <td className="number" data-label={words.laneLast}>{number(lane.last, language)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </section>
  );
}
