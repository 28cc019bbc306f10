/// Loading, failed, empty: what the list shows when it has no rows.
import { FileSearch, ShieldOff } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { useText } from '../../lib/i18n/i18n';
import { Bones } from '../../ui/Bones';
import { Button } from '../../ui/Button';
import { Failed, Screen } from '../../ui/Screen';
import { isNarrowed, type RuleFilter } from './filter';
import type { Rules } from './useRules';

export function RulesState(props: {
  rules: Rules;
  filter: RuleFilter;
  onClear: () => void;
  children: ReactNode;
}): ReactNode {
  const text = useText();
  const { rules } = props;
  if (rules.total === null) {
    if (rules.error) return <Failed error={rules.error} onRetry={rules.retry} />;
    return <Bones rows={12} height={48} columns={['96px', '1fr', '150px', '110px', '140px', '60px', '110px']} />;
  }
  if (rules.rows.length > 0) return props.children;
  if (isNarrowed(props.filter)) {
    return (
      <Screen
        icon={FileSearch}
        title={text.rules.emptyFilterTitle}
        actions={<Button onPress={props.onClear}>{text.rules.clear}</Button>}
      >
        <p>{text.rules.emptyFilterText}</p>
      </Screen>
    );
  }
  return (
    <Screen
      icon={ShieldOff}
      title={text.rules.emptyTitle}
      actions={
        <Link className="button" to="/rules/packs">
          {text.rules.packs}
        </Link>
      }
    >
      <p>{text.rules.emptyText}</p>
    </Screen>
  );
}
