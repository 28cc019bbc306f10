/// A slim bar while the live line is down: nothing on screen pretends to be live then.
import type { ReactNode } from 'react';
import { dateTime } from '../lib/format';
import { useText } from '../lib/i18n/i18n';
import { useLiveStatus } from '../lib/useLive';
import { Notice } from '../ui/Notice';

export function LiveBar(): ReactNode {
  const text = useText();
  const { up, lastHeard } = useLiveStatus();
  if (up) return null;
  const heard =
    lastHeard === null ? text.live.never : text.live.lastHeard(dateTime(new Date(lastHeard).toISOString()));
  return (
    <Notice tone="warn">
      <strong>{text.live.down}</strong> {heard}
    </Notice>
  );
}
