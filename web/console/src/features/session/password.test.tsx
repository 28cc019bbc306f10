import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { fireEvent, render, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { createClient } from '../../lib/client';
import { ClientProvider } from '../../lib/context';
import { SpeechProvider } from '../../lib/i18n/i18n';
import { PasswordDialog } from './PasswordDialog';
import { missing } from './password';

it.each([
  [{ current: '', next: '', again: '' }, { what: 'current' }],
  [{ current: 'a', next: '', again: '' }, { what: 'next' }],
  [{ current: 'a', next: 'mật khẩu', again: '' }, { what: 'tooShort', chars: 2 }],
  [{ current: 'a', next: 'ậ'.repeat(90), again: '' }, { what: 'tooLong' }],
  [{ current: 'a', next: 'mười ký tự', again: '' }, { what: 'again' }],
  [{ current: 'a', next: 'mười ký tự', again: 'mười' }, { what: 'mismatch' }],
  [{ current: 'a', next: 'mười ký tự', again: 'mười ký tự' }, null],
])('knows what is missing: %o', (entry, expected) => {
  expect(missing(entry)).toEqual(expected);
});

it('says why the button is grey, and that the current password is wrong', async () => {
  const body = JSON.stringify({ status: 401, code: 'bad_credentials', message: 'wrong user name or password' });
  const client = createClient({ fetch: () => Promise.resolve(new Response(body, { status: 401 })) });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <ClientProvider client={client}>
        <SpeechProvider language="vi">
          <PasswordDialog isOpen onClose={() => undefined} />
        </SpeechProvider>
      </ClientProvider>
    </QueryClientProvider>,
  );
  const type = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } });
  const button = screen.getByRole('button', { name: 'Đổi mật khẩu' });
  expect(screen.getByText('Hãy nhập mật khẩu hiện tại.')).toBeTruthy();
  type('Mật khẩu hiện tại', 'cũ');
  type('Mật khẩu mới', 'ngắn quá');
  expect(screen.getByText('Mật khẩu mới còn thiếu 2 ký tự.')).toBeTruthy();
  expect(button.hasAttribute('disabled')).toBe(true);
  type('Mật khẩu mới', 'một câu dài dễ nhớ');
  type('Nhập lại mật khẩu mới', 'một câu dài dễ nhớ');
  expect(button.hasAttribute('disabled')).toBe(false);
  fireEvent.click(button);
  expect(await screen.findByText('Mật khẩu hiện tại không đúng.')).toBeTruthy();
});
