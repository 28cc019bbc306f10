import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { MemoryRouter, Route, Routes, useLocation } from 'react-router';
import { expect, it, vi } from 'vitest';
import { Centre } from '../../../dev/centre';
import { fakeFetch } from '../../../dev/fake-fetch';
import { createClient } from '../../lib/client';
import { ClientProvider } from '../../lib/context';
import { SpeechProvider } from '../../lib/i18n/i18n';
import { SignInPage } from './SignInPage';
import { safeNext } from './safeNext';

function Where() {
  const { pathname, search } = useLocation();
  return <p data-testid="where">{pathname + search}</p>;
}

function show(address: string, fetch: typeof globalThis.fetch) {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <ClientProvider client={createClient({ fetch })}>
        <SpeechProvider language="vi">
          <MemoryRouter initialEntries={[address]}>
            <Routes>
              <Route path="/sign-in" element={<SignInPage />} />
              <Route path="*" element={<Where />} />
            </Routes>
          </MemoryRouter>
        </SpeechProvider>
      </ClientProvider>
    </QueryClientProvider>,
  );
}

function signIn(password: string) {
  fireEvent.change(screen.getByLabelText('Tên đăng nhập'), { target: { value: 'hien.dt' } });
  fireEvent.change(screen.getByLabelText('Mật khẩu'), { target: { value: password } });
  fireEvent.click(screen.getByRole('button', { name: 'Đăng nhập' }));
}

it('returns to where one was', async () => {
  show('/sign-in?next=%2Fhunt%3Fq%3Dkind%253Adns&why=ended', fakeFetch(new Centre(0)).fetch);
  expect(screen.getByText(/Phiên làm việc đã kết thúc/)).toBeTruthy();
  signIn('right');
  expect((await screen.findByTestId('where')).textContent).toBe('/hunt?q=kind%3Adns');
});

it('says that the password is wrong and asks again', async () => {
  show('/sign-in', fakeFetch(new Centre(0)).fetch);
  signIn('wrong');
  expect(await screen.findByText('Sai tên đăng nhập hoặc mật khẩu.')).toBeTruthy();
  expect(screen.getByLabelText<HTMLInputElement>('Mật khẩu').value).toBe('');
});

it('counts down after too many attempts', async () => {
  show('/sign-in', fakeFetch(new Centre(0)).fetch);
  vi.useFakeTimers({ shouldAdvanceTime: false, toFake: ['setTimeout', 'clearTimeout'] });
  try {
    signIn('locked');
    for (let turn = 0; turn < 20; turn += 1) await act(() => vi.advanceTimersByTimeAsync(0));
    expect(screen.getByText('Đã thử quá nhiều lần. Thử lại sau 47 giây.')).toBeTruthy();
    await act(() => vi.advanceTimersByTimeAsync(1000));
    expect(screen.getByText('Đã thử quá nhiều lần. Thử lại sau 46 giây.')).toBeTruthy();
  } finally {
    vi.useRealTimers();
  }
});

it('says that the centre is away', async () => {
  show('/sign-in', () => Promise.reject(new TypeError('failed to fetch')));
  signIn('right');
  expect(await screen.findByText(/Không kết nối được tới trung tâm/)).toBeTruthy();
});

it('wears the banner of an exercise when the centre says that it is one', async () => {
  const body = JSON.stringify({ status: 'ok', problems: [], exercise: true });
  show('/sign-in', () => Promise.resolve(new Response(body)));
  expect(await screen.findByText('DIỄN TẬP')).toBeTruthy();
});

it('wears no banner when an older centre does not say', async () => {
  const fetch = vi.fn(() => Promise.resolve(new Response(JSON.stringify({ status: 'ok', problems: [] }))));
  show('/sign-in', fetch);
  await waitFor(() => expect(fetch).toHaveBeenCalled());
  expect(screen.queryByText('DIỄN TẬP')).toBeNull();
});

it.each([
  ['/hunt?q=a', '/hunt?q=a'],
  ['//evil.example.com', '/alerts'],
  ['/\\evil.example.com', '/alerts'],
  ['https://evil.example.com', '/alerts'],
  ['/sign-in?next=x', '/alerts'],
  [null, '/alerts'],
])('goes only to own pages: %s', (given, expected) => {
  expect(safeNext(given)).toBe(expected);
});
