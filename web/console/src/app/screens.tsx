/// Whole-page states: no such page, a broken page, a centre that does not answer.
import { Bug, CloudOff, Compass } from 'lucide-react';
import { useEffect, useState, type ReactNode } from 'react';
import { Link } from 'react-router';
import { useText } from '../lib/i18n/i18n';
import { Button } from '../ui/Button';
import { Screen } from '../ui/Screen';

const RETRY_SECONDS = 10;

export function NotFound(): ReactNode {
  const text = useText();
  return (
    <Screen
      icon={Compass}
      title={text.screens.notFoundTitle}
      actions={
        <Link className="button" to="/alerts">
          {text.screens.toQueue}
        </Link>
      }
    >
      <p>{text.screens.notFoundText}</p>
    </Screen>
  );
}

export function Broken(): ReactNode {
  const text = useText();
  return (
    <div className="whole" role="alert">
      <Screen
        icon={Bug}
        title={text.screens.brokenTitle}
        actions={<Button onPress={() => window.location.reload()}>{text.app.reload}</Button>}
      >
        <p>{text.screens.brokenText}</p>
      </Screen>
    </div>
  );
}

/** Counts down and tries again by itself; the button does not wait. */
export function Unreachable(props: { onRetry: () => void; attempt: number }): ReactNode {
  const text = useText();
  return (
    <div className="whole" role="alert">
      <Screen
        icon={CloudOff}
        title={text.screens.unreachableTitle}
        actions={<Button onPress={props.onRetry}>{text.app.retry}</Button>}
      >
        <p>{text.screens.unreachableText}</p>
        <Countdown key={props.attempt} onEnd={props.onRetry} />
      </Screen>
    </div>
  );
}

function Countdown({ onEnd }: { onEnd: () => void }): ReactNode {
  const text = useText();
  const [left, setLeft] = useState(RETRY_SECONDS);
  useEffect(() => {
    if (left === 0) {
      onEnd();
      return undefined;
    }
    const timer = setTimeout(() => setLeft(left - 1), 1000);
    return () => clearTimeout(timer);
  }, [left, onEnd]);
  return <p className="dim">{text.screens.retryIn(left)}</p>;
}
