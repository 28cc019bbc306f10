/// The endpoints of people and what they hold: one line each.
import type { components } from './api.gen';
import { search, type Ask } from './ask';

type Schemas = components['schemas'];

export type User = Schemas['User'];
export type NewUser = Schemas['NewUser'];
export type UserChange = Schemas['UserChange'];
export type Token = Schemas['Token'];
export type NewToken = Schemas['NewToken'];
export type MadeToken = Schemas['MadeToken'];
export type OpenSession = Schemas['OpenSession'];
export type NewSecondFactor = Schemas['NewSecondFactor'];
export type RecoveryCodes = Schemas['RecoveryCodes'];
export type AuditEntry = Schemas['AuditEntry'];
export type AuditPage = Schemas['AuditPage'];

export interface AuditQuery {
  who?: string;
  action?: string;
  target?: string;
  from?: string;
  to?: string;
  cursor?: string;
  limit?: string;
}

/** What is added to the client. */
export function peopleOf(ask: Ask) {
  const user = (name: string) => `/users/${encodeURIComponent(name)}`;
  return {
    users: (signal?: AbortSignal) => ask<Schemas['UserList']>('GET', '/users', { signal }),
    addUser: (person: NewUser) => ask<User>('POST', '/users', { body: person }),
    changeUser: (name: string, change: UserChange) => ask<User>('PATCH', user(name), { body: change }),
    setPassword: (name: string, password: string) => ask<undefined>('POST', `${user(name)}/password`, { body: { password } }),
    removeFactorOf: (name: string) => ask<undefined>('DELETE', `${user(name)}/second_factor`),

    sessions: (signal?: AbortSignal) => ask<Schemas['SessionList']>('GET', '/sessions', { signal }),
    endSession: (id: string) => ask<undefined>('DELETE', `/sessions/${encodeURIComponent(id)}`),
    tokens: (signal?: AbortSignal) => ask<Schemas['TokenList']>('GET', '/tokens', { signal }),
    makeToken: (token: NewToken) => ask<MadeToken>('POST', '/tokens', { body: token }),
    revokeToken: (id: string) => ask<undefined>('DELETE', `/tokens/${encodeURIComponent(id)}`),

    beginFactor: () => ask<NewSecondFactor>('POST', '/session/second_factor'),
    confirmFactor: (code: string) => ask<RecoveryCodes>('POST', '/session/second_factor/confirm', { body: { code } }),
    removeFactor: (password: string) => ask<undefined>('POST', '/session/second_factor/remove', { body: { password } }),

    audit: (query: AuditQuery, signal?: AbortSignal) => ask<AuditPage>('GET', `/audit${search({ ...query })}`, { signal }),
  };
}
