/// How much an entity is to be worried about: bars that fill, a number and its word.
import type { ReactNode } from 'react';
import { useText } from '../lib/i18n/i18n';

const STEPS = [70, 40, 15] as const;
const COLORS = ['critical', 'high', 'medium', 'text-3'] as const;

export function RiskMark({ score, isShort = false }: { score: number; isShort?: boolean }): ReactNode {
  const text = useText();
  const step = STEPS.findIndex((least) => score >= least);
  const at = step < 0 ? STEPS.length : step;
  const filled = score === 0 ? 0 : STEPS.length + 1 - at;
  const word = text.triage.risk(String(score));
  return (
    <span className="mark nowrap" style={{ color: `var(--${COLORS[at] ?? 'text-3'})` }} title={isShort ? word : undefined}>
      <svg width="16" height="12" viewBox="0 0 16 12" aria-hidden="true">
        {[0, 1, 2, 3].map((bar) => (
          <rect key={bar} x={bar * 4} y={8 - bar * 2.5} width="3" height={4 + bar * 2.5} fill="currentColor" opacity={bar < filled ? 1 : 0.25} />
        ))}
      </svg>
      <span aria-label={word}>{isShort ? String(score) : word}</span>
    </span>
  );
}
