/// How the centre is: what is wrong first, then each part with its figures.
import { CircleCheck } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Health, Problem } from '../../lib/api';
import { bytes, number } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { wordOf } from '../../lib/i18n/word';
import { healthText, ruleReason } from '../../lib/problem';
import { useHealth } from '../../lib/useHealth';
import { Bones } from '../../ui/Bones';
import { StaleNotice } from '../../ui/Notice';
import { Failed } from '../../ui/Screen';
import { Text } from '../../ui/Text';
import { Time } from '../../ui/Time';
import { Part } from './Part';
import './health.css';

export function HealthPage(): ReactNode {
  const { text } = useSpeech();
  const { data, error, dataUpdatedAt, refetch } = useHealth();
  if (!data && error) return <Failed error={error} onRetry={() => void refetch()} />;
  if (!data) return <Bones rows={8} columns={['1fr', '2fr']} />;
  return (
    <div className="health">
      <title>{`${text.health.title} · ${text.app.name}`}</title>
      {error && <StaleNotice asOf={dataUpdatedAt} onRetry={() => void refetch()} />}
      <header className="health-top">
        <h1>{text.health.title}</h1>
        <p className={`health-status health-${data.status}`}>{text.health[data.status]}</p>
        <p className="dim">
          {text.health.version} {data.version} · {text.health.started} <Time at={data.started} />
        </p>
      </header>
      <Problems problems={data.problems} />
      <Parts health={data} />
      <RuleProblems health={data} />
    </div>
  );
}

function Problems({ problems }: { problems: readonly Problem[] }): ReactNode {
  const { text } = useSpeech();
  if (problems.length === 0) {
    return (
      <p className="health-none">
        <CircleCheck size={16} aria-hidden="true" /> {text.health.noProblems}
      </p>
    );
  }
  return (
    <section>
      <h2>{text.health.problems}</h2>
      <ul className="problems">
        {problems.map((problem) => (
          <li key={`${problem.code}-${problem.since}`} className={`problem problem-${problem.severity}`}>
            <strong>{wordOf(text.health.code, problem.code)}</strong>
            <span className="problem-word">{text.health[problem.severity]}</span>
            <span>
              <Text value={healthText(problem, text)} />
            </span>
            <Time at={problem.since} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Parts({ health }: { health: Health }): ReactNode {
  const { text, language } = useSpeech();
  const { rules } = health;
  const n = (value: number) => number(value, language);
  return (
    <div className="parts">
      <Centre health={health} />
      <Part
        name={text.health.rules}
        isBad={rules.problems.length > 0}
        rows={[
          [text.health.loaded, n(rules.loaded)],
          [text.health.ruleProblems, n(rules.problems.length)],
        ]}
      />
    </div>
  );
}

/** Figures of all sites together: only for who sees all of them. */
function Centre({ health }: { health: Health }): ReactNode {
  const { text, language } = useSpeech();
  const { journal, index, detector } = health;
  const n = (value: number) => number(value, language);
  if (journal === null || index === null || detector === null) return null;
  return (
    <>
      <Part
        name={text.health.journal}
        isBad={journal.state !== 'ok'}
        rows={[
          [text.health.state, text.health.journalState[journal.state]],
          [text.health.position, n(journal.position)],
          [text.health.bytes, bytes(journal.bytes, language)],
          [text.health.free, bytes(journal.free_bytes, language)],
          [text.health.corrupt, n(journal.corrupt_events)],
        ]}
      />
      <Part
        name={text.health.index}
        isBad={index.state !== 'ok'}
        rows={[
          [text.health.state, text.health.indexState[index.state]],
          [text.health.position, n(index.position)],
          [text.health.lag, text.health.lagNote(n(index.lag_events))],
          [text.health.documents, n(index.events)],
          [text.health.partitions, n(index.partitions)],
          [text.health.partial, n(index.partial_events)],
        ]}
      />
      <Part
        name={text.health.detector}
        isBad={detector.evicted_events > 0}
        rows={[
          [text.health.position, n(detector.position)],
          [text.health.lag, text.health.lagNote(n(detector.lag_events))],
          [text.health.lateEvents, n(detector.late_events)],
          [text.health.evicted, n(detector.evicted_events)],
        ]}
      />
    </>
  );
}

function RuleProblems({ health }: { health: Health }): ReactNode {
  const { text } = useSpeech();
  const { problems } = health.rules;
  if (problems.length === 0) return null;
  return (
    <section>
      <h2>{text.health.ruleProblems}</h2>
      <table className="table table-stack">
        <thead>
          <tr>
            <th>{text.health.file}</th>
            <th className="number">{text.health.line}</th>
            <th>{text.health.reason}</th>
          </tr>
        </thead>
        <tbody>
          {problems.map((problem) => (
            <tr key={`${problem.file}:${problem.line ?? ''}:${problem.reason}`}>
              <td className="mono">
                <Text value={problem.file} />
              </td>
              <td className="number" data-label={text.health.line}>{problem.line ?? '—'}</td>
              <td>
                <Text value={ruleReason(problem.reason, text)} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
