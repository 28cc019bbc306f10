/// A slim bar above content: stale, too many, partial, the health of the system.
import { CircleAlert, Info, OctagonAlert, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { dateTime } from '../lib/format';
import { useText } from '../lib/i18n/i18n';
import { Button } from './Button';

type Tone = 'plain' | 'warn' | 'critical';
const ICONS: Record<Tone, LucideIcon> = { plain: Info, warn: CircleAlert, critical: OctagonAlert };

export function Notice(props: { tone?: Tone; children: ReactNode; end?: ReactNode }): ReactNode {
  const tone = props.tone ?? 'plain';
  const Icon = ICONS[tone];
  return (
    <div role={tone === 'critical' ? 'alert' : 'status'} className={`notice notice-${tone}`}>
      <Icon size={16} aria-hidden="true" />
      <span>{props.children}</span>
      {props.end !== undefined && <span className="notice-end">{props.end}</span>}
    </div>
  );
}

/** Shown over data that could not be refreshed: old, and says since when. */
export function StaleNotice(props: { asOf: number; onRetry: () => void }): ReactNode {
  const text = useText();
  return (
    <Notice tone="warn" end={<Button onPress={props.onRetry}>{text.app.retry}</Button>}>
      {text.live.asOf(dateTime(new Date(props.asOf).toISOString()))}
    </Notice>
  );
}
