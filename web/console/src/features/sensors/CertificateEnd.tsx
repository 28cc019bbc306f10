/// When a certificate ends; in words too once renewing should have happened.
import type { ReactNode } from 'react';
import { useNow } from '../../lib/clock';
import { date, utc } from '../../lib/format';
import { useText } from '../../lib/i18n/i18n';
import { daysLeft } from './trouble';

const SOON_DAYS = 30;

export function CertificateEnd({ at }: { at: string | null }): ReactNode {
  const text = useText();
  const now = useNow();
  if (at === null) return <span className="dim">—</span>;
  const left = daysLeft(at, now);
  return (
    <time dateTime={at} title={utc(at)} className="nowrap">
      {date(at)}
      {left < SOON_DAYS && <span className="bad-number"> ({left < 0 ? text.sensors.ended : text.sensors.daysLeft(String(left))})</span>}
    </time>
  );
}
