/// All rules: what is looked for, how loud each is, what a person has turned off.
import { useCallback, useEffect, useMemo, useRef, type ReactNode } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import { number } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { useActions } from '../../lib/shortcuts';
import { useSelection } from '../../lib/useSelection';
import { Notice, StaleNotice } from '../../ui/Notice';
import { NOTHING, readFilter, writeFilter, type RuleFilter } from './filter';
import { RuleFilterBar } from './RuleFilterBar';
import { RuleList } from './RuleList';
import { RuleProblems } from './RuleProblems';
import { RulesState } from './RulesState';
import { RulesTop } from './RulesTop';
import { ruleLink } from './shape';
import { useRules } from './useRules';
import './rules.css';

/** More than anybody reads to the end. */
const MANY = 1_000;

export function RulesPage(): ReactNode {
  const { text, language } = useSpeech();
  const [params, setParams] = useSearchParams();
  const navigate = useNavigate();
  const search = params.toString();
  const filter = useMemo(() => readFilter(new URLSearchParams(search)), [search]);
  const rules = useRules(filter);
  const [selectedId, select] = useSelection('sel');
  const input = useRef<HTMLInputElement>(null);
  const at = rules.rows.findIndex((row) => row.id === selectedId);

  const setFilter = useCallback(
    (change: Partial<RuleFilter>, isTyping = false) => {
      select(null);
      setParams((last) => writeFilter(last, change), { replace: isTyping });
    },
    [select, setParams],
  );
  const move = (step: number) => {
    const next = rules.rows[at < 0 ? 0 : Math.min(Math.max(at + step, 0), rules.rows.length - 1)];
    if (next) select(next.id);
  };
  const group = text.action.group.rules;
  useActions([
    { name: 'next-rule', label: text.action.nextRule, group, keys: ['j', 'ArrowDown'], perform: () => move(1) },
    { name: 'prev-rule', label: text.action.prevRule, group, keys: ['k', 'ArrowUp'], perform: () => move(-1) },
    {
      name: 'open-rule',
      label: text.action.openRule,
      group,
      keys: ['Enter'],
      perform: () => selectedId !== null && void navigate(ruleLink(selectedId)),
      isDisabled: selectedId === null,
    },
    { name: 'find-rule', label: text.action.findRule, group, keys: ['/'], perform: () => input.current?.focus() },
  ]);
  useEffect(() => {
    if (at >= 0 && rules.hasMore && at > rules.rows.length - 5) rules.loadMore();
  });
  return (
    <div className="rules rules-fixed">
      <title>{`${text.rules.title} · ${text.app.name}`}</title>
      <RulesTop title={text.rules.title} />
      <section className="rules-frame" aria-label={text.rules.list}>
        <RuleFilterBar filter={filter} onChange={setFilter} input={input} total={rules.total} />
        {rules.error && rules.total !== null && <StaleNotice asOf={rules.asOf} onRetry={rules.retry} />}
        {rules.total !== null && rules.total > MANY && (
          <Notice>
            <strong>{text.rules.tooMany(number(rules.total, language))}</strong> {text.rules.tooManyHint}
          </Notice>
        )}
        <RuleProblems problems={rules.problems} />
        <RulesState rules={rules} filter={filter} onClear={() => setFilter(NOTHING)}>
          <RuleList rules={rules} selectedId={selectedId} onSelect={select} />
        </RulesState>
      </section>
    </div>
  );
}
