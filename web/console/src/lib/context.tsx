/// What every feature may ask for: the client, who is signed in, and the names of the sites.
import { useQuery } from '@tanstack/react-query';
import { createContext, useContext, useMemo, type ReactNode } from 'react';
import type { Session, Site } from './api';
import { createClient, type Client } from './client';
import { useSpeech } from './i18n/i18n';

const ClientContext = createContext<Client>(createClient());
const SessionContext = createContext<Session | null>(null);

export function ClientProvider(props: { client: Client; children: ReactNode }): ReactNode {
  return <ClientContext value={props.client}>{props.children}</ClientContext>;
}

export function SessionProvider(props: { session: Session; children: ReactNode }): ReactNode {
  return <SessionContext value={props.session}>{props.children}</SessionContext>;
}

export function useClient(): Client {
  return useContext(ClientContext);
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('no session around this component');
  return session;
}

export function useMay(permission: string): boolean {
  return useSession().permissions.includes(permission);
}

export interface SiteNames {
  sites: readonly Site[];
  nameOf: (id: string) => string;
}

/** Sites change rarely; a list that cannot be loaded leaves the ids standing. */
export function useSites(): SiteNames {
  const client = useClient();
  const { language } = useSpeech();
  const { data } = useQuery({
    queryKey: ['sites'],
    queryFn: ({ signal }) => client.sites(signal),
    staleTime: 600_000,
  });
  return useMemo(() => {
    const sites = data?.items ?? [];
    const names = new Map(
      sites.map((site) => [site.id, language === 'en' && site.name_en ? site.name_en : site.name]),
    );
    return { sites, nameOf: (id: string) => names.get(id) ?? id };
  }, [data, language]);
}

/** The leaves that the reader may name in what he changes. */
export function useOwnSites(): readonly Site[] {
  const session = useSession();
  const { sites } = useSites();
  return useMemo(() => {
    const parents = new Set(sites.map((site) => site.parent));
    const own = new Set(session.sites);
    return sites.filter((site) => !parents.has(site.id) && (session.all_sites || own.has(site.id)));
  }, [session, sites]);
}
