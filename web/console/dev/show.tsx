/// Draws a page for a test: the real providers around it, the invented centre behind it.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render } from '@testing-library/react';
import type { ReactNode } from 'react';
import { MemoryRouter, useLocation } from 'react-router';
import { createClient } from '../src/lib/client';
import { ClientProvider, SessionProvider } from '../src/lib/context';
import { SpeechProvider } from '../src/lib/i18n/i18n';
import { ShortcutProvider } from '../src/lib/shortcuts';
import { LiveProvider } from '../src/lib/useLive';
import { ToastProvider } from '../src/ui/Toasts';
import { Centre } from './centre';
import { fakeFetch } from './fake-fetch';
import { SESSION } from './world';

export const NOW = Date.parse('2026-11-22T13:05:31Z');

export interface ShowOptions {
  permissions?: string[];
  /** The only sites of the reader; without it he sees all. */
  sites?: string[];
  scenario?: string;
}

export interface Shown {
  centre: Centre;
  calls: ReturnType<typeof fakeFetch>['calls'];
  tell: ReturnType<typeof fakeFetch>['tell'];
  /** The address as the page has written it. */
  address: () => string;
  scenario: (name: string) => void;
}

export function show(page: ReactNode, address: string, options: ShowOptions = {}): Shown {
  let scenario = options.scenario ?? 'ok';
  const centre = new Centre(NOW);
  const { fetch, calls, tell } = fakeFetch(centre, () => scenario);
  const client = createClient({ fetch });
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const session = {
    ...SESSION,
    permissions: options.permissions ?? SESSION.permissions,
    ...(options.sites && { all_sites: false, sites: options.sites }),
  };
  let shown = address;
  function Address() {
    const { pathname, search } = useLocation();
    shown = pathname + search;
    return null;
  }
  render(
    <QueryClientProvider client={queryClient}>
      <ClientProvider client={client}>
        <SessionProvider session={session}>
          <SpeechProvider language="vi">
            <ShortcutProvider>
              <ToastProvider>
                <MemoryRouter initialEntries={[address]}>
                  <LiveProvider>{page}</LiveProvider>
                  <Address />
                </MemoryRouter>
              </ToastProvider>
            </ShortcutProvider>
          </SpeechProvider>
        </SessionProvider>
      </ClientProvider>
    </QueryClientProvider>,
  );
  return {
    centre,
    calls,
    tell,
    address: () => shown,
    scenario: (name) => {
      scenario = name;
    },
  };
}
