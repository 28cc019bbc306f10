/// Where a rule is off, who wanted it so, when and why.
import { PowerOff } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Off } from '../../lib/api';
import { useSites } from '../../lib/context';
import { dateTime } from '../../lib/format';
import { useText } from '../../lib/i18n/i18n';
import { Text } from '../../ui/Text';
import { whyText } from './told';

export function OffNote({ off }: { off: Off }): ReactNode {
  const text = useText();
  const { nameOf } = useSites();
  return (
    <div className="off-note" role="note">
      <PowerOff size={15} aria-hidden="true" />
      <p>
        <strong>
          {off.everywhere ? text.off.isEverywhere : <Text value={text.off.isSome(off.sites.map(nameOf).join(', '))} />}
        </strong>
        <br />
        <Text value={whyText(off.why, text)} />
        <br />
        <span className="dim">
          <Text value={text.off.by(off.who, dateTime(off.at))} />
        </span>
      </p>
    </div>
  );
}
