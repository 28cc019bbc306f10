import { render, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { Source } from '../../lib/api';
import { SpeechProvider, type Language } from '../../lib/i18n/i18n';
import { Problems } from './Problems';

function show(language: Language, code: string, message: string, count = 1) {
  const problems: Source['problems'] = [{ code, message, since: '2026-11-22T13:05:31Z', count }];
  render(
    <SpeechProvider language={language}>
      <Problems problems={problems} />
    </SpeechProvider>,
  );
  return screen.getByRole('listitem').textContent;
}

it('says a known problem in the reader’s language and nothing twice', () => {
  const shown = show('vi', 'parse_failed', 'lines that no parser took; search kind:parse.failed', 12);
  expect(shown).toContain('Có dòng không phân tích được');
  expect(shown).toContain('12 lần');
  expect(shown).not.toContain('no parser took');
});

it('does not repeat a word that came without a reason', () => {
  const shown = show('vi', 'capture_interrupted', 'capture_interrupted');
  expect(shown).toContain('Việc bắt gói tin bị gián đoạn');
  expect(shown).not.toContain('capture_interrupted');
});

it('keeps the reason why a source could not be run', () => {
  const shown = show('en', 'failed', 'interface eth7: no such device');
  expect(shown).toContain('The source could not be run');
  expect(shown).toContain('interface eth7: no such device');
});

it('shows a code that it does not know as it is', () => {
  expect(show('vi', 'of_tomorrow', 'something new')).toContain('of_tomorrow: something new');
});
