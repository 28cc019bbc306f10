/// How often and when.
import type { ReactNode } from 'react';
import type { Alert } from '../../lib/api';
import { number } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { FactList } from '../../ui/FactList';
import { Time } from '../../ui/Time';

export function Facts({ alert }: { alert: Alert }): ReactNode {
  const { text, language } = useSpeech();
  const rows: [string, ReactNode][] = [
    [text.alerts.count, number(alert.count, language)],
    [text.alerts.first, <Time key="first" at={alert.first} />],
    [text.alerts.last, <Time key="last" at={alert.last} />],
    [text.alerts.opened, <Time key="opened" at={alert.opened} />],
    [text.alerts.updated, <Time key="updated" at={alert.updated} />],
  ];
  return <FactList facts={rows} />;
}
