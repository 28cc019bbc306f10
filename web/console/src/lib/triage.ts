/// The nouns of triage under short names; they come from the generated document.
import type { components } from './api.gen';

type Schemas = components['schemas'];

export type AlertChanged = Schemas['AlertChanged'];
export type AlertBatch = Schemas['AlertBatch'];
export type AlertBulk = Schemas['AlertBulk'];
export type AlertBulkChange = Schemas['AlertBulkChange'];
export type Assignee = Schemas['Assignee'];
export type AssigneeList = Schemas['AssigneeList'];
export type EntityPage = Schemas['EntityPage'];
export type EntityType = Schemas['EntityKind'];
export type RiskReason = Schemas['RiskReason'];

/** What a field of an alert names; null where a rule groups by a field of its own words. */
export function entityType(field: string): EntityType | null {
  if (['source.ip', 'destination.ip', 'host.ip'].includes(field)) return 'ip';
  if (field === 'host.name') return 'host';
  if (['user.name', 'user.target.name'].includes(field)) return 'user';
  return ['url.domain', 'dns.question.name', 'tls.client.server_name'].includes(field) ? 'domain' : null;
}

export function entityPath(type: EntityType, value: string, exercise: boolean): string {
  return `/entities/${type}/${encodeURIComponent(value)}?exercise=${exercise}`;
}
