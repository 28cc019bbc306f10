/// What stands where the table would: the first step, a centre that takes none, a filter that meets none.
import { RadioTower, SearchX, Unplug } from 'lucide-react';
import type { ReactNode } from 'react';
import { useText } from '../../lib/i18n/i18n';
import { Button } from '../../ui/Button';
import { Screen } from '../../ui/Screen';

export function NoSensors(props: { isOpen: boolean; mayWrite: boolean; action: ReactNode }): ReactNode {
  const text = useText();
  if (!props.isOpen) {
    return (
      <Screen icon={Unplug} title={text.sensors.closedTitle}>
        <p>{text.sensors.closedText}</p>
      </Screen>
    );
  }
  return (
    <Screen icon={RadioTower} title={text.sensors.emptyTitle} {...(props.mayWrite && { actions: props.action })}>
      <p>{text.sensors.emptyText}</p>
      {!props.mayWrite && <p>{text.sensors.emptyAsk}</p>}
    </Screen>
  );
}

export function NoMatch({ onClear }: { onClear: () => void }): ReactNode {
  const text = useText();
  return (
    <Screen
      icon={SearchX}
      title={text.sensors.emptyFilterTitle}
      actions={<Button onPress={onClear}>{text.sensors.clear}</Button>}
    >
      <p>{text.sensors.emptyFilterText}</p>
    </Screen>
  );
}
