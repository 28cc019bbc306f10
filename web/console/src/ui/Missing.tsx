/// A failed load of one thing by its id: not there (or not for this reader), or could not be loaded.
import { Compass } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { ApiError } from '../lib/client';
import { useText } from '../lib/i18n/i18n';
import { Failed, Screen } from './Screen';

export function Missing(props: { error: unknown; what: 'alert' | 'event'; onRetry: () => void }): ReactNode {
  const text = useText();
  const isAbsent = props.error instanceof ApiError && props.error.status === 404;
  if (!isAbsent) return <Failed error={props.error} onRetry={props.onRetry} />;
  return (
    <div role="alert" className="fill">
      <Screen
        icon={Compass}
        title={props.what === 'alert' ? text.screens.noAlertTitle : text.screens.noEventTitle}
        actions={
          <Link className="button" to="/alerts">
            {text.screens.toQueue}
          </Link>
        }
      >
        <p>{text.screens.missingText}</p>
      </Screen>
    </div>
  );
}
