/// What a rule says happened, in the reader's language.
import type { ReactNode } from 'react';
import type { AlertRow } from '../lib/api';
import { useSpeech } from '../lib/i18n/i18n';
import { inLanguage } from '../lib/rule';
import { Text } from './Text';

export function RuleTitle({ rule }: { rule: AlertRow['rule'] }): ReactNode {
  const { language } = useSpeech();
  return <Text value={inLanguage(rule, language).title} />;
}
