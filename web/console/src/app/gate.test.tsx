import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query';
import { render, screen, waitFor } from '@testing-library/react';
import { MemoryRouter, Route, Routes, useLocation } from 'react-router';
import { expect, it } from 'vitest';
import { Centre } from '../../dev/centre';
import { fakeFetch } from '../../dev/fake-fetch';
import { createClient } from '../lib/client';
import { ClientProvider, useClient } from '../lib/context';
import { SpeechProvider } from '../lib/i18n/i18n';
import { ShortcutProvider } from '../lib/shortcuts';
import { Gate } from './Gate';

function SignIn() {
  return <p data-testid="signin">{useLocation().search}</p>;
}

function Page() {
  const client = useClient();
  const { data } = useQuery({ queryKey: ['sources'], queryFn: () => client.sources() });
  return <p>{data ? 'trang' : 'chờ'}</p>;
}

function open(scenario = 'ok') {
  let now = scenario;
  const centre = new Centre(0);
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const client = createClient({
    fetch: fakeFetch(centre, () => now).fetch,
    onSignedOut: () => queryClient.setQueryData(['session'], null),
  });
  render(
    <QueryClientProvider client={queryClient}>
      <ClientProvider client={client}>
        <SpeechProvider language="vi">
          <ShortcutProvider>
            <MemoryRouter initialEntries={['/hunt?q=kind%3Adns']}>
              <Routes>
                <Route path="/sign-in" element={<SignIn />} />
                <Route element={<Gate />}>
                  <Route path="*" element={<Page />} />
                </Route>
              </Routes>
            </MemoryRouter>
          </ShortcutProvider>
        </SpeechProvider>
      </ClientProvider>
    </QueryClientProvider>,
  );
  return {
    queryClient,
    become: (next: string) => {
      now = next;
    },
  };
}

it('asks a stranger to sign in, and remembers the page', async () => {
  open('signed_out');
  const { textContent } = await screen.findByTestId('signin');
  expect(Object.fromEntries(new URLSearchParams(textContent ?? ''))).toEqual({
    next: '/hunt?q=kind%3Adns',
  });
});

it('sends one back to sign in when the session ends under way, and says why', async () => {
  const { queryClient, become } = open();
  await screen.findByText('trang');
  become('signed_out');
  await queryClient.refetchQueries({ queryKey: ['sources'] });
  const { textContent } = await screen.findByTestId('signin');
  expect(Object.fromEntries(new URLSearchParams(textContent ?? ''))).toEqual({
    next: '/hunt?q=kind%3Adns',
    why: 'ended',
  });
});

it('wears the banner of an exercise, and the bar of a full disk', async () => {
  open('disk_full');
  expect(await screen.findByText('DIỄN TẬP')).toBeTruthy();
  expect(await screen.findByText('Ổ đĩa đầy: ngừng nhận sự kiện')).toBeTruthy();
});

it('says that the centre cannot be reached, and waits', async () => {
  open('down');
  await screen.findByText('Không kết nối được tới trung tâm');
  await waitFor(() => expect(screen.getByText(/Tự thử lại sau \d+ giây/)).toBeTruthy());
});
