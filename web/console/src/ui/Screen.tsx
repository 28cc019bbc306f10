/// What stands where content would: empty, failed, no rights, not found.
import { CloudOff, TriangleAlert, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { ApiError } from '../lib/client';
import { useText } from '../lib/i18n/i18n';
import { isWorthAnotherTry, problemText } from '../lib/problem';
import { Button } from './Button';

export function Screen(props: {
  icon: LucideIcon;
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
}): ReactNode {
  const Icon = props.icon;
  return (
    <div className="screen">
      <Icon size={32} strokeWidth={1.25} aria-hidden="true" />
      <h2>{props.title}</h2>
      {props.children}
      {props.actions !== undefined && <div className="screen-actions">{props.actions}</div>}
    </div>
  );
}

/** A failed load: what happened, the request id, and the way on unless it would fail again. */
export function Failed(props: { error: unknown; onRetry: () => void }): ReactNode {
  const text = useText();
  const { message, requestId } = problemText(props.error, text);
  const isGone = props.error instanceof ApiError && props.error.code === 'unreachable';
  return (
    <div role="alert" className="fill">
      <Screen
        icon={isGone ? CloudOff : TriangleAlert}
        title={text.errors.title}
        {...(isWorthAnotherTry(props.error) && {
          actions: <Button onPress={props.onRetry}>{text.app.retry}</Button>,
        })}
      >
        <p>{message}</p>
        {requestId !== null && <p className="mono dim">{text.app.requestId(requestId)}</p>}
      </Screen>
    </div>
  );
}
