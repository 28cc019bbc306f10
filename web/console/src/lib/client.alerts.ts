/// The endpoints of alerts and entities: one line each.
import type { Alert, AlertPage, AlertStateChange } from './api';
import { search, type Ask } from './ask';
import type { AlertBatch, AlertBulk, AlertChanged, AssigneeList, EntityPage, EntityType } from './triage';

export interface AlertQuery {
  state?: string;
  level?: string;
  site?: string;
  rule?: string;
  entity?: string;
  assignee?: string;
  overdue?: string;
  from?: string;
  to?: string;
  sort?: string;
  cursor?: string;
  limit?: string;
}

/** What is added to the client. */
export function alertsOf(ask: Ask) {
  const alert = (id: string) => `/alerts/${encodeURIComponent(id)}`;
  return {
    alerts: (query: AlertQuery, signal?: AbortSignal) => ask<AlertPage>('GET', `/alerts${search({ ...query })}`, { signal }),
    alert: (id: string, signal?: AbortSignal) => ask<Alert>('GET', alert(id), { signal }),
    changeAlert: (id: string, change: AlertStateChange) => ask<AlertChanged>('POST', `${alert(id)}/state`, { body: change }),
    /** An empty name: nobody. */
    assignAlert: (id: string, assignee: string, version: number) =>
      ask<AlertChanged>('POST', `${alert(id)}/assign`, { body: { assignee, version } }),
    changeAlerts: (bulk: AlertBulk) => ask<AlertBatch>('POST', '/alerts/bulk', { body: bulk }),
    undoAlerts: (batch: string) => ask<AlertBatch>('POST', `/alerts/bulk/${encodeURIComponent(batch)}/undo`),
    assignees: (signal?: AbortSignal) => ask<AssigneeList>('GET', '/alerts/people', { signal }),
    entity: (type: EntityType, value: string, exercise: boolean, signal?: AbortSignal) =>
      ask<EntityPage>('GET', `/entities/${type}/${encodeURIComponent(value)}${search({ exercise: String(exercise) })}`, { signal }),
  };
}
