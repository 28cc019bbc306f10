/// A rule in the reader's language, where its author wrote it in both.
import type { RuleWording } from './api';
import type { Language } from './i18n/i18n';

/** What has a title in one language, and perhaps in Vietnamese too. */
export interface Worded {
  title: string;
  vi: RuleWording | null;
}

export function inLanguage<R extends Worded>(rule: R, language: Language): R {
  return language === 'vi' && rule.vi !== null ? { ...rule, ...rule.vi } : rule;
}

/** Whether a list of known-bad values stands for the rule: it has no page, and an entry is removed there. */
export function isOfIntel(rule: { id: string }): boolean {
  return rule.id.startsWith('intel-');
}
