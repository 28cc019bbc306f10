/// A rule is shown in the reader's language where it can be, and in its own where it cannot.
import { expect, test } from 'vitest';
import { inLanguage } from './rule';

const rule = {
  id: 'r',
  title: 'Port scan',
  description: 'Many ports.',
  falsepositives: ['Ordered scans'],
  vi: { title: 'Quét cổng', description: 'Nhiều cổng.', falsepositives: ['Đợt quét theo kế hoạch'] },
  level: 'medium' as const,
  author: 'a',
  tags: [],
  references: [],
  license: '',
  source: '',
  file: '',
};

test('Vietnamese readers get the Vietnamese words', () => {
  expect(inLanguage(rule, 'vi')).toMatchObject({ id: 'r', title: 'Quét cổng', falsepositives: ['Đợt quét theo kế hoạch'] });
  expect(inLanguage(rule, 'en').title).toBe('Port scan');
});

test('a rule that has none keeps its own', () => {
  expect(inLanguage({ ...rule, vi: null }, 'vi').title).toBe('Port scan');
});
