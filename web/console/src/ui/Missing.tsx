/// A failed load of one thing by its id: not there (or not for this reader), or could not be loaded.
import { Compass } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { ApiError } from '../lib/client';
import { useText } from '../lib/i18n/i18n';
import { Failed, Screen } from './Screen';

type Absent = 'alert' | 'event' | 'rule' | 'import' | 'sensor' | 'incident' | 'case';

export function Missing(props: { error: unknown; what: Absent; onRetry: () => void }): ReactNode {
  const text = useText();
  const isAbsent = props.error instanceof ApiError && props.error.status === 404;
  if (!isAbsent) return <Failed error={props.error} onRetry={props.onRetry} />;
  const ways: Record<Absent, [to: string, name: string, why: string]> = {
    alert: ['/alerts', text.screens.toQueue, text.screens.missingText],
    event: ['/alerts', text.screens.toQueue, text.screens.missingText],
    rule: ['/rules', text.screens.toRules, text.screens.missingRuleText],
    import: ['/rules/packs', text.screens.toPacks, text.screens.missingImportText],
    sensor: ['/sensors', text.screens.toSensors, text.screens.missingSensorText],
    case: ['/cases', text.screens.toCases, text.screens.missingCaseText],
    incident: ['/incidents', text.screens.toIncidents, text.screens.missingIncidentText],
  };
  const [to, name, why] = ways[props.what];
  const titles: Record<Absent, string> = {
    alert: text.screens.noAlertTitle,
    event: text.screens.noEventTitle,
    rule: text.screens.noRuleTitle,
    import: text.screens.noImportTitle,
    sensor: text.screens.noSensorTitle,
    incident: text.screens.noIncidentTitle,
    case: text.screens.noCaseTitle,
  };
  return (
    <div role="alert" className="fill">
      <Screen
        icon={Compass}
        title={titles[props.what]}
        actions={
          <Link className="button" to={to}>
            {name}
          </Link>
        }
      >
        <p>{why}</p>
      </Screen>
    </div>
  );
}
