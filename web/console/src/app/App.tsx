/// The composition root: providers, in order, around the router.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { RouterProvider } from 'react-router';
import { ApiError, createClient } from '../lib/client';
import { ClientProvider } from '../lib/context';
import { SpeechProvider } from '../lib/i18n/i18n';
import { ShortcutProvider } from '../lib/shortcuts';
import { applyTheme } from '../lib/theme';
import { ToastProvider } from '../ui/Toasts';
import { createRouter } from './router';

applyTheme();

export function App(): ReactNode {
  const [{ client, queryClient, router }] = useState(compose);
  return (
    <QueryClientProvider client={queryClient}>
      <ClientProvider client={client}>
        <SpeechProvider>
          <ShortcutProvider>
            <ToastProvider>
              <RouterProvider router={router} />
            </ToastProvider>
          </ShortcutProvider>
        </SpeechProvider>
      </ClientProvider>
    </QueryClientProvider>
  );
}

function compose() {
  const queryClient = new QueryClient({
    defaultOptions: {
      queries: { retry: isWorthRetrying, retryDelay: 1_000, staleTime: 5_000, refetchOnWindowFocus: false },
    },
  });
  const client = createClient({ onSignedOut: () => queryClient.setQueryData(['session'], null) });
  return { client, queryClient, router: createRouter() };
}

/** Once more when the centre did not answer or failed; never when it said no; a minute while it starts. */
function isWorthRetrying(failures: number, error: Error): boolean {
  if (error instanceof ApiError && error.code === 'starting') return failures < 60;
  const isFinal = error instanceof ApiError && error.status >= 400 && error.status < 500;
  return failures < 1 && !isFinal;
}
