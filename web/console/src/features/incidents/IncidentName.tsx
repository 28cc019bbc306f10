/// What an incident says happened, in the reader's language.
import type { ReactNode } from 'react';
import { useSpeech } from '../../lib/i18n/i18n';
import type { Incident } from '../../lib/incidents';
import { SeverityMark } from '../../ui/Marks';
import { Text } from '../../ui/Text';

export function IncidentTitle({ incident }: { incident: Incident }): ReactNode {
  const { language } = useSpeech();
  return <Text value={incident.title[language]} />;
}

/** At the head of a dialog. */
export function IncidentName({ incident }: { incident: Incident }): ReactNode {
  return (
    <p className="close-what">
      <SeverityMark level={incident.level} />
      <IncidentTitle incident={incident} />
    </p>
  );
}
