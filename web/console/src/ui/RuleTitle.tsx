/// What a rule says happened, in the reader's language.
import type { ReactNode } from 'react';
import { useSpeech } from '../lib/i18n/i18n';
import { inLanguage, type Worded } from '../lib/rule';
import { Text } from './Text';

export function RuleTitle({ rule }: { rule: Worded }): ReactNode {
  const { language } = useSpeech();
  return <Text value={inLanguage(rule, language).title} />;
}
