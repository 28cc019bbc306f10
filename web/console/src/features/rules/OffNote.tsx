/// Where a rule is off: of each place who wanted it so, when and why.
import { PowerOff } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Off, OffEntry } from '../../lib/api';
import { useSites } from '../../lib/context';
import { dateTime } from '../../lib/format';
import { useText } from '../../lib/i18n/i18n';
import { Text } from '../../ui/Text';
import { whyText } from './told';

export function OffNote({ off }: { off: Off }): ReactNode {
  return (
    <div className="off-note" role="note">
      <PowerOff size={15} aria-hidden="true" />
      <div>
        {off.entries.map((entry) => (
          <Said key={`${entry.who} ${entry.at} ${String(entry.everywhere)} ${entry.sites.join()}`} entry={entry} />
        ))}
      </div>
    </div>
  );
}

function Said({ entry }: { entry: OffEntry }): ReactNode {
  const text = useText();
  const { nameOf } = useSites();
  return (
    <p>
      <strong>
        {entry.everywhere ? text.off.isEverywhere : <Text value={text.off.isSome(entry.sites.map(nameOf).join(', '))} />}
      </strong>
      <br />
      <Text value={whyText(entry.why, text)} />
      <br />
      <span className="dim">
        <Text value={text.off.by(entry.who, dateTime(entry.at))} />
      </span>
    </p>
  );
}
