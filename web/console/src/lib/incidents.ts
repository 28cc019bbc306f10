/// The nouns of incidents under short names; they come from the generated document.
import type { components } from './api.gen';

type Schemas = components['schemas'];

export type Incident = Schemas['Incident'];
export type IncidentPage = Schemas['IncidentPage'];
export type IncidentDetail = Schemas['IncidentDetail'];
export type IncidentEntry = Schemas['IncidentStep'];
export type IncidentChange = Schemas['IncidentStateChange'];
export type IncidentState = Schemas['IncidentState'];
export type IncidentCause = Schemas['IncidentCause'];
export type IncidentOrigin = Schemas['IncidentOrigin'];
export type IncidentAction = Schemas['IncidentAction'];
export type IncidentLevel = 'low' | 'medium' | 'high' | 'critical';
export type Said = Schemas['Said'];
