/// Loading, failed, empty: what the queue shows when it has no rows.
import { Inbox } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { useText } from '../../lib/i18n/i18n';
import { Bones } from '../../ui/Bones';
import { Button } from '../../ui/Button';
import { Failed, Screen } from '../../ui/Screen';
import { isNarrowed, type AlertFilter } from './filter';
import type { Alerts } from './useAlerts';

export function ListState(props: {
  alerts: Alerts;
  filter: AlertFilter;
  onClear: () => void;
  children: ReactNode;
}): ReactNode {
  const text = useText();
  const { alerts } = props;
  if (alerts.error) return <Failed error={alerts.error} onRetry={alerts.retry} />;
  if (alerts.isLoading) {
    return <Bones rows={12} height={48} columns={['96px', '1fr', '56px', '130px', '150px', '60px']} />;
  }
  if (alerts.rows.length > 0 || alerts.pending > 0) return props.children;
  if (isNarrowed(props.filter)) {
    return (
      <Screen
        icon={Inbox}
        title={text.alerts.emptyFilterTitle}
        actions={<Button onPress={props.onClear}>{text.alerts.clear}</Button>}
      >
        <p>{text.alerts.emptyFilterText}</p>
      </Screen>
    );
  }
  return (
    <Screen icon={Inbox} title={text.alerts.emptyTitle}>
      <p>
        {text.alerts.emptyText} <Link to="/sources">{text.alerts.emptyLink}</Link>.
      </p>
    </Screen>
  );
}
