/// A tactic of the matrix: its techniques, each with its rules and alerts; sub-techniques fold.
import { Fragment, type ReactNode } from 'react';
import { Link } from 'react-router';
import type { AttackTechnique } from '../../lib/api';
import { number } from '../../lib/format';
import { en } from '../../lib/i18n/en';
import { useSpeech } from '../../lib/i18n/i18n';
import { wordOf } from '../../lib/i18n/word';
import { CoverageMark } from '../../ui/Marks';
import { Text } from '../../ui/Text';
import { coverageOf, type Cell, type Column } from './attack';
import { rulesWith } from './shape';
import { NAMES } from './techniques';

export function TacticColumn({ column }: { column: Column }): ReactNode {
  const { text, language } = useSpeech();
  const { tactic, covered, known } = column;
  const share = known === null ? number(covered, language) : `${number(covered, language)}/${number(known, language)}`;
  const id = `tactic-${tactic}`;
  return (
    <section className="tactic" aria-labelledby={id}>
      <h2 id={id}>
        <Text value={wordOf(text.attack.tactics, tactic)} />
        {language === 'vi' && (
          <span className="tactic-en" lang="en">
            <Text value={wordOf(en.attack.tactics, tactic)} />
          </span>
        )}
        <span className="tactic-share">{text.attack.techniques(share)}</span>
      </h2>
      <ul className="cells">
        {column.cells.map((cell) => (
          <TechniqueCell key={cell.technique} cell={cell} />
        ))}
      </ul>
    </section>
  );
}

function TechniqueCell({ cell }: { cell: Cell }): ReactNode {
  const { text, language } = useSpeech();
  const { technique, own, subs, coverage } = cell;
  return (
    <li className={`cell cell-${coverage}`}>
      <p className="cell-top">
        <span className="mono dim">{technique}</span>
        <CoverageMark coverage={coverage} />
      </p>
      <Name technique={technique} isLink={own !== null} />
      {own && <Counts items={[own]} />}
      {subs.length > 0 && (
        <details>
          <summary>
            {text.attack.subs(number(subs.length, language))}
            {own === null && <Counts items={subs} />}
          </summary>
          <ul className="subs">
            {subs.map((sub) => (
              <li key={sub.technique}>
                <p className="cell-top">
                  <span className="mono dim">.{sub.technique.split('.')[1]}</span>
                  <CoverageMark coverage={coverageOf(sub)} />
                </p>
                <Name technique={sub.technique} isLink />
                <Counts items={[sub]} />
              </li>
            ))}
          </ul>
        </details>
      )}
    </li>
  );
}

/** The official name, in English in both languages; a number that we do not know stands alone. */
function Name({ technique, isLink }: { technique: string; isLink: boolean }): ReactNode {
  const name = wordOf(NAMES, technique);
  const shown = <span lang="en">{name}</span>;
  return (
    <p className="cell-name">
      {isLink ? (
        <Link to={rulesWith(technique)} aria-label={name === technique ? technique : `${technique} ${name}`}>
          {shown}
        </Link>
      ) : (
        shown
      )}
    </p>
  );
}

/** A rule with two sub-techniques of one technique counts for both. */
function Counts(props: { items: readonly AttackTechnique[] }): ReactNode {
  const { text, language } = useSpeech();
  const sum = (of: 'rules' | 'off' | 'alerts') => props.items.reduce((total, item) => total + item[of], 0);
  const n = (value: number) => number(value, language);
  const parts = [
    text.attack.rules(n(sum('rules'))),
    ...(sum('off') > 0 ? [text.attack.someOff(n(sum('off')))] : []),
    ...(sum('alerts') > 0 ? [text.attack.alerts(n(sum('alerts')))] : []),
  ];
  return (
    <span className="cell-counts">
      {parts.map((part, at) => (
        <Fragment key={part}>
          {at > 0 && ' · '}
          <span className="nowrap">{part}</span>
        </Fragment>
      ))}
    </span>
  );
}
