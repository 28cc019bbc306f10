/// The update of the sensors' program: which one is offered, how far each sensor is, and a person who stops it.
import { Upload } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { Link } from 'react-router';
import type { Sensor, UpdateRollout } from '../../lib/api';
import { useSession } from '../../lib/context';
import { number } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { problemText } from '../../lib/problem';
import { Button } from '../../ui/Button';
import { Notice } from '../../ui/Notice';
import { Text } from '../../ui/Text';
import { PublishDialog } from './PublishDialog';
import { reportOf } from './report';
import { useSensorChange, useUpdates } from './useSensors';

export function Rollout({ sensors, mayWrite }: { sensors: readonly Sensor[]; mayWrite: boolean }): ReactNode {
  const { text } = useSpeech();
  const { all_sites: seesAll } = useSession();
  const { data } = useUpdates();
  const [isPublishing, setPublishing] = useState(false);
  if (data === undefined) return null;
  const { rollout } = data;
  const mayRoll = mayWrite && seesAll;
  if (rollout === null && !mayRoll) return null;
  return (
    <section className="rollout" aria-label={text.updates.title}>
      <header className="sheet-top">
        <h2>{text.updates.title}</h2>
        {mayRoll && (
          <Button onPress={() => setPublishing(true)}>
            <Upload size={14} aria-hidden="true" />
            {text.updates.publish}
          </Button>
        )}
      </header>
      {rollout === null ? <p className="dim">{text.updates.none}</p> : <Steps rollout={rollout} sensors={sensors} mayRoll={mayRoll} />}
      <PublishDialog isOpen={isPublishing} onClose={() => setPublishing(false)} />
    </section>
  );
}

function Steps({ rollout, sensors, mayRoll }: { rollout: UpdateRollout; sensors: readonly Sensor[]; mayRoll: boolean }): ReactNode {
  const { text, language } = useSpeech();
  const words = text.updates;
  const isRunning = rollout.state === 'running';
  const turn = useSensorChange((client) => client.turnUpdate(rollout.id, isRunning ? 'stopped' : 'running'), () => undefined);
  const countOf = (step: string) => number(rollout.sensors.filter((each) => each.step === step).length, language);
  const button = mayRoll && (
    <Button onPress={() => turn.mutate(undefined)} isDisabled={turn.isPending}>
      {isRunning ? words.stop : words.goOn}
    </Button>
  );
  return (
    <>
      <Notice tone={isRunning ? 'plain' : 'warn'} end={button}>
        <strong>{isRunning ? words.running(rollout.version) : words.stopped(rollout.version)}</strong>
        {` · ${words.done(countOf('done'))}, ${words.underWay(countOf('offered'))}, ${words.failed(countOf('failed'))}`}
        {rollout.reason !== '' && (
          <>
            {' · '}
            <Text value={rollout.reason} mayBreak />
          </>
        )}
        {!isRunning && mayRoll && ` · ${words.goOnHint}`}
      </Notice>
      {turn.isError && (
        <p className="field-error" role="alert">
          {problemText(turn.error, text).message}
        </p>
      )}
      <ul className="rollout-steps">
        {rollout.sensors.map(({ sensor, step }) => {
          const own = sensors.find((each) => each.name === sensor);
          const said = own === undefined ? null : (reportOf(own)?.update ?? null);
          const state = step === 'done' || said?.id !== rollout.id ? step : (said.state ?? step);
          return (
            <li key={sensor}>
              <Link className="mono" to={`/sensors/${encodeURIComponent(sensor)}`}>
                {sensor}
              </Link>{' '}
              {own !== undefined && own.version !== '' && (
                <span className="dim">
                  {`${words.version} ${own.version}`}
                  {own.version !== rollout.version && `, ${words.wanted(rollout.version)}`}
                  {' · '}
                </span>
              )}
              {words.states[state]}
              {said?.id === rollout.id && said.state === 'fetching' && said.size > 0 && ` (${Math.floor((said.fetched * 100) / said.size)} %)`}
              {said?.id === rollout.id && said.reason !== '' && step !== 'done' && (
                <>
                  {': '}
                  <Text value={said.reason} mayBreak />
                </>
              )}
            </li>
          );
        })}
      </ul>
    </>
  );
}
