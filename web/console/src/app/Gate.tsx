/// Nobody passes without a session. Where one was is kept, to return there after signing in.
import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, type ReactNode } from 'react';
import { Navigate, useLocation } from 'react-router';
import type { Session } from '../lib/api';
import { ApiError, type Client } from '../lib/client';
import { SessionProvider, useClient } from '../lib/context';
import { LiveProvider } from '../lib/useLive';
import { MustChange } from '../features/session/MustChange';
import { Unreachable } from './screens';
import { Shell } from './Shell';

export function Gate(): ReactNode {
  const client = useClient();
  const { pathname, search } = useLocation();
  const { data, error, errorUpdateCount, refetch } = useQuery({
    queryKey: ['session'],
    queryFn: () => ask(client),
    staleTime: Infinity,
    retry: false,
  });
  const hadSession = useRef(false);
  useEffect(() => {
    if (data) hadSession.current = true;
  }, [data]);
  const onRetry = useCallback(() => void refetch(), [refetch]);

  if (data?.must_change === true) {
    return (
      <SessionProvider session={data}>
        <MustChange />
      </SessionProvider>
    );
  }
  if (data) {
    return (
      <SessionProvider session={data}>
        <LiveProvider>
          <Shell />
        </LiveProvider>
      </SessionProvider>
    );
  }
  if (data === null) {
    const params = new URLSearchParams({ next: pathname + search });
    if (hadSession.current) params.set('why', 'ended');
    return <Navigate to={`/sign-in?${params}`} replace />;
  }
  if (error) return <Unreachable onRetry={onRetry} attempt={errorUpdateCount} />;
  return null;
}

async function ask(client: Client): Promise<Session | null> {
  try {
    return await client.session();
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}
