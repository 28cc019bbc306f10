/// A version of a sensor's configuration in two lines: which, who made it, when, and why.
import type { ReactNode } from 'react';
import type { ConfigurationVersion } from '../../lib/api';
import { useText } from '../../lib/i18n/i18n';
import { Text } from '../../ui/Text';
import { Time } from '../../ui/Time';

/** Whom and what the centre names when it makes a version by itself. */
const [OWN_NAME, OWN_WHY] = ['haidang', 'networks'];

export function Made({ made }: { made: ConfigurationVersion }): ReactNode {
  const { configuration: words } = useText();
  const isOwn = made.who === OWN_NAME && made.why === OWN_WHY;
  return (
    <>
      <strong>{words.version(String(made.version))}</strong> · <Text value={made.who} /> · <Time at={made.made} />
      <br />
      {isOwn ? words.networksChanged : <Text value={made.why} mayBreak />}
    </>
  );
}
