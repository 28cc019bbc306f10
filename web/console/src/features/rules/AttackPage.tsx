/// The ATT&CK matrix: which techniques are looked for, which are seen, which nobody looks for.
import { Grid3x3 } from 'lucide-react';
import type { ReactNode } from 'react';
import { useSearchParams } from 'react-router';
import type { AttackMatrix } from '../../lib/api';
import { number } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { Bones } from '../../ui/Bones';
import { CoverageMark } from '../../ui/Marks';
import { StaleNotice } from '../../ui/Notice';
import { Failed, Screen } from '../../ui/Screen';
import { columnsOf, NO_TACTIC } from './attack';
import { RulesTop } from './RulesTop';
import { TacticColumn } from './TacticColumn';
import { useAttack } from './useRules';
import './rules.css';
import './attack.css';

const LEGEND = ['covered', 'alerting', 'off'] as const;

export function AttackPage(): ReactNode {
  const { text } = useSpeech();
  const { data, error, dataUpdatedAt, refetch } = useAttack();
  return (
    <div className="rules">
      <title>{`${text.attack.title} · ${text.app.name}`}</title>
      {error && data && <StaleNotice asOf={dataUpdatedAt} onRetry={() => void refetch()} />}
      <RulesTop title={text.attack.title} intro={text.attack.intro} />
      {data === undefined && error && <Failed error={error} onRetry={() => void refetch()} />}
      {data === undefined && !error && <Bones rows={10} height={56} columns={['1fr', '1fr', '1fr', '1fr', '1fr', '1fr', '1fr']} />}
      {data && <Matrix matrix={data} />}
    </div>
  );
}

function Matrix({ matrix }: { matrix: AttackMatrix }): ReactNode {
  const { text, language } = useSpeech();
  const [params, setParams] = useSearchParams();
  const withGaps = params.get('gaps') === 'show';
  const columns = columnsOf(matrix, withGaps);
  const n = (value: number) => number(value, language);
  const tactics = columns.filter((each) => each.covered > 0 && each.tactic !== NO_TACTIC).length;
  const techniques = new Set(matrix.tactics.flatMap((tactic) => tactic.techniques.map((each) => each.technique)));
  if (matrix.tactics.length === 0 && !withGaps) {
    return (
      <Screen icon={Grid3x3} title={text.attack.emptyTitle}>
        <p>{text.attack.emptyText}</p>
      </Screen>
    );
  }
  return (
    <>
      <div className="rules-bar attack-bar">
        <p>
          <strong>{text.attack.sum(n(tactics), n(techniques.size))}</strong>{' '}
          <span className="dim">
            {[text.attack.rules(n(matrix.rules)), text.attack.untagged(n(matrix.untagged))].join(' · ')}
          </span>
        </p>
        <p className="attack-legend" aria-hidden="true">
          {LEGEND.map((each) => (
            <CoverageMark key={each} coverage={each} />
          ))}
        </p>
        <label className="check">
          <input
            type="checkbox"
            checked={withGaps}
            onChange={(event) => setParams(event.target.checked ? { gaps: 'show' } : {}, { replace: true })}
          />
          {text.attack.gaps}
        </label>
      </div>
      <div className="attack">
        {columns.map((column) => (
          <TacticColumn key={column.tactic} column={column} />
        ))}
      </div>
      <p className="dim attack-credit">{text.attack.credit}</p>
    </>
  );
}
