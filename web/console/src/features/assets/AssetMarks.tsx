/// How much depends on an asset, where people are with it, where it comes from: a shape and a word each. An
/// asset is no event, so none of them has the colour of one.
import { ChevronDown, ChevronUp, ChevronsUp, CircleCheck, CircleDashed, CircleSlash, Equal, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Asset, AssetState, Criticality } from '../../lib/assets';
import { useText } from '../../lib/i18n/i18n';
import { wordOf } from '../../lib/i18n/word';

const WEIGHTS: Record<Criticality, LucideIcon> = { critical: ChevronsUp, high: ChevronUp, normal: Equal, low: ChevronDown };
const STATES: Record<AssetState, LucideIcon> = { proposed: CircleDashed, confirmed: CircleCheck, dismissed: CircleSlash };

export function CriticalityMark({ criticality }: { criticality: Criticality }): ReactNode {
  const text = useText();
  const Icon = WEIGHTS[criticality];
  return (
    <span className={`mark asset-weight-${criticality}`}>
      <Icon size={14} aria-hidden="true" />
      {text.assets.weights[criticality]}
    </span>
  );
}

export function AssetStateMark({ state }: { state: AssetState }): ReactNode {
  const text = useText();
  const Icon = STATES[state];
  return (
    <span className={`mark asset-${state}`}>
      <Icon size={13} aria-hidden="true" />
      {text.assets.states[state]}
    </span>
  );
}

/** Who brought it, or what showed it. */
export function originText({ origin, seen_by: by }: Pick<Asset, 'origin' | 'seen_by'>, words: ReturnType<typeof useText>['assets']): string {
  if (origin === 'seen' && by !== null) return words.seenBy(wordOf(words.seen, by));
  return words.origins[origin];
}
