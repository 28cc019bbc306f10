/// A rule in the reader's language, where its author wrote it in both.
import type { Alert, AlertRow } from './api';
import type { Language } from './i18n/i18n';

export function inLanguage<R extends AlertRow['rule'] | Alert['rule']>(rule: R, language: Language): R {
  return language === 'vi' && rule.vi !== null ? { ...rule, ...rule.vi } : rule;
}
