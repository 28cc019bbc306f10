/// The endpoints of sensors and incidents: one line each.
import type {
  Invitation,
  MadeConfiguration,
  NewConfiguration,
  NewSensor,
  OpenInvitations,
  RolloutState,
  Sensor,
  SensorChange,
  SensorConfiguration,
  SensorList,
  UpdateRollout,
  Updates,
} from './api';
import { search, type Ask } from './ask';
import type { Incident, IncidentChange, IncidentDetail, IncidentPage } from './incidents';

export interface IncidentQuery {
  state?: string;
  site?: string;
  level?: string;
  cursor?: string;
  limit?: string;
}

/** An update file, and to whom it goes; empty lists stand for all sensors. */
export interface NewUpdate {
  file: File;
  sites: readonly string[];
  sensors: readonly string[];
  atOnce: number;
}

/** What is added to the client. */
export function fleetOf(ask: Ask) {
  const sensor = (name: string) => `/sensors/${encodeURIComponent(name)}`;
  const incident = (id: string) => `/incidents/${encodeURIComponent(id)}`;
  return {
    sensors: (signal?: AbortSignal) => ask<SensorList>('GET', '/sensors', { signal }),
    sensor: (name: string, signal?: AbortSignal) => ask<Sensor>('GET', sensor(name), { signal }),
    inviteSensor: (sensor: NewSensor) => ask<Invitation>('POST', '/sensors', { body: sensor }),
    invitations: (signal?: AbortSignal) => ask<OpenInvitations>('GET', '/invitations', { signal }),
    withdrawInvitation: (id: string) => ask<undefined>('DELETE', `/invitations/${encodeURIComponent(id)}`),
    changeSensor: (name: string, change: SensorChange) => ask<undefined>('PATCH', sensor(name), { body: change }),
    revokeSensor: (name: string, why: string) => ask<undefined>('POST', `${sensor(name)}/revoke`, { body: { why } }),
    configuration: (name: string, signal?: AbortSignal) => ask<SensorConfiguration>('GET', `${sensor(name)}/configuration`, { signal }),
    configureSensor: (name: string, configuration: NewConfiguration) =>
      ask<MadeConfiguration>('PUT', `${sensor(name)}/configuration`, { body: configuration }),
    confirmInstance: (name: string, instance: string) =>
      ask<undefined>('POST', `${sensor(name)}/instances/${encodeURIComponent(instance)}/confirm`),
    updates: (signal?: AbortSignal) => ask<Updates>('GET', '/updates', { signal }),
    publishUpdate: ({ file, sites, sensors, atOnce }: NewUpdate) =>
      ask<UpdateRollout>('POST', `/updates${search({ sites: sites.join(','), sensors: sensors.join(','), at_once: String(atOnce) })}`, {
        file,
        type: 'application/octet-stream',
      }),
    turnUpdate: (id: number, state: RolloutState) => ask<UpdateRollout>('POST', `/updates/${id}/state`, { body: { state } }),

    incidents: (query: IncidentQuery, signal?: AbortSignal) =>
      ask<IncidentPage>('GET', `/incidents${search({ ...query })}`, { signal }),
    incident: (id: string, signal?: AbortSignal) => ask<IncidentDetail>('GET', incident(id), { signal }),
    changeIncident: (id: string, change: IncidentChange) =>
      ask<Incident>('POST', `${incident(id)}/state`, { body: change }),
  };
}
