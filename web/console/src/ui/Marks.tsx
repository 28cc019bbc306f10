/// Severity, state and freshness: always a shape, a colour and a word together.
import type { ReactNode } from 'react';
import type { AlertState, Level, RuleState, Source, Verdict } from '../lib/api';
import { useText } from '../lib/i18n/i18n';

const SEVERITY: Record<Level, ReactNode> = {
  critical: <path fill="currentColor" d="M6 0l6 6-6 6-6-6z" />,
  high: <path fill="currentColor" d="M6 .5 12 11.5H0z" />,
  medium: <path fill="currentColor" d="M1 1h10v10H1z" />,
  low: <circle cx="6" cy="6" r="4.25" fill="none" stroke="currentColor" strokeWidth="2.5" />,
  informational: <path fill="currentColor" d="M1 5h10v2H1z" />,
};

/** Of an alert, or of an incident, which is resolved before it is closed. */
type State = AlertState | 'resolved';

const STATE: Record<State, ReactNode> = {
  new: <circle cx="6" cy="6" r="5" fill="currentColor" />,
  acknowledged: (
    <path fill="none" stroke="currentColor" strokeWidth="2" d="M1.5 6.5 4.7 9.6 10.5 2.8" />
  ),
  in_work: (
    <>
      <circle cx="6" cy="6" r="4.5" fill="none" stroke="currentColor" strokeWidth="1.6" />
      <path fill="currentColor" d="M6 1.5a4.5 4.5 0 0 1 0 9z" />
    </>
  ),
  resolved: (
    <>
      <circle cx="6" cy="6" r="5" fill="none" stroke="currentColor" strokeWidth="1.4" />
      <path fill="none" stroke="currentColor" strokeWidth="1.6" d="M3.6 6.2 5.4 8 8.5 4.2" />
    </>
  ),
  closed: <path fill="none" stroke="currentColor" strokeWidth="1.6" d="M1.5 1.5h9v9h-9zM4 6h4" />,
};

const FRESHNESS: Record<Source['freshness'], ReactNode> = {
  fresh: <circle cx="6" cy="6" r="4.5" fill="currentColor" />,
  late: (
    <>
      <circle cx="6" cy="6" r="4.5" fill="none" stroke="currentColor" strokeWidth="1.6" />
      <path fill="currentColor" d="M6 1.5a4.5 4.5 0 0 1 0 9z" />
    </>
  ),
  stale: <path fill="none" stroke="currentColor" strokeWidth="2.2" d="M2 2l8 8M10 2l-8 8" />,
  never: (
    <circle cx="6" cy="6" r="4.5" fill="none" stroke="currentColor" strokeWidth="1.6" strokeDasharray="2.4 2" />
  ),
};

const RULE: Record<RuleState, ReactNode> = {
  on: <circle cx="6" cy="6" r="4.5" fill="currentColor" />,
  partly: FRESHNESS.late,
  off: <path fill="none" stroke="currentColor" strokeWidth="1.8" d="M6 1.5a4.5 4.5 0 1 0 .01 0M3 9 9 3" />,
};

export type Coverage = 'covered' | 'alerting' | 'off' | 'none';

const COVERAGE: Record<Coverage, ReactNode> = {
  covered: RULE.on,
  alerting: <path fill="currentColor" d="M6 .5 12 11.5H0z" />,
  off: RULE.off,
  none: FRESHNESS.never,
};

export type Term = 'running' | 'soon' | 'expired';

const TERM: Record<Term, ReactNode> = {
  running: RULE.on,
  soon: <path fill="currentColor" d="M1 1h10L7 6l4 5H1l4-5z" />,
  expired: FRESHNESS.stale,
};

function Mark(props: { shape: ReactNode; color: string; word: string }): ReactNode {
  return (
    <span className="mark" style={{ color: `var(--${props.color})` }}>
      <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
        {props.shape}
      </svg>
      <span>{props.word}</span>
    </span>
  );
}

export function SeverityMark({ level }: { level: Level }): ReactNode {
  return <Mark shape={SEVERITY[level]} color={level} word={useText().level[level]} />;
}

/** The short form says the verdict alone: its shape already says that the alert is closed. */
export function StateMark(props: {
  state: State;
  verdict?: Verdict | null;
  isShort?: boolean;
}): ReactNode {
  const text = useText();
  const { state, verdict } = props;
  const long = verdict ? `${text.state[state]}: ${text.verdict[verdict]}` : text.state[state];
  const word = props.isShort && verdict ? text.verdict[verdict] : long;
  return <Mark shape={STATE[state]} color={state === 'new' ? 'accent' : 'text-2'} word={word} />;
}

/** The word is that of sources, unless another thing is fresh or not. */
export function FreshnessMark({ freshness, word }: { freshness: Source['freshness']; word?: string }): ReactNode {
  const text = useText();
  return <Mark shape={FRESHNESS[freshness]} color={freshness} word={word ?? text.sources[freshness]} />;
}

export function RuleStateMark({ state }: { state: RuleState }): ReactNode {
  return <Mark shape={RULE[state]} color={state === 'on' ? 'text-2' : 'stale'} word={useText().rules.states[state]} />;
}

/** What is known of a technique: looked for, seen, looked for by rules that are off, not looked for. */
export function CoverageMark({ coverage }: { coverage: Coverage }): ReactNode {
  const color = { covered: 'text-2', alerting: 'accent', off: 'stale', none: 'text-3' }[coverage];
  return <Mark shape={COVERAGE[coverage]} color={color} word={useText().attack.coverage[coverage]} />;
}

/** Where an exception is in its life. */
export function TermMark({ term }: { term: Term }): ReactNode {
  const color = { running: 'text-2', soon: 'late', expired: 'text-3' }[term];
  return <Mark shape={TERM[term]} color={color} word={useText().exceptions.terms[term]} />;
}

/** Found in the past, when an intel list had grown. */
export function Retro(): ReactNode {
  const text = useText();
  return (
    <span className="tag" title={text.intel.retroHint}>
      {text.intel.retro}
    </span>
  );
}
