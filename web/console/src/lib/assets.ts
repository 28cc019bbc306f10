/// The nouns of assets under short names.

export type AssetKind = 'host' | 'network';
export type AssetState = 'proposed' | 'confirmed' | 'dismissed';
export type AssetOrigin = 'person' | 'csv' | 'seen' | 'file';
export type Criticality = 'low' | 'normal' | 'high' | 'critical';
export type SeenBy = 'dhcp' | 'sysmon' | 'windows' | 'ntlm' | 'log' | 'traffic';

export interface Asset {
  id: string;
  site: string;
  /** An IP address or a CIDR. */
  address: string;
  kind: AssetKind;
  name: string;
  role: string;
  criticality: Criticality;
  owner: string;
  contact: string;
  mac: string | null;
  /** The first and the last day, 2026-01-31. */
  valid_from: string | null;
  valid_to: string | null;
  state: AssetState;
  origin: AssetOrigin;
  seen_by: SeenBy | null;
  exercise: boolean;
  first_seen: string | null;
  last_seen: string | null;
  updated: string;
  who: string;
}

export type AssetCounts = Record<AssetState, number>;

export interface AssetPage {
  items: Asset[];
  next: string | null;
  counts: AssetCounts;
}

export interface NewAsset {
  site: string;
  address: string;
  name?: string | null;
  role?: string | null;
  criticality?: Criticality | null;
  owner?: string | null;
  contact?: string | null;
  mac?: string | null;
  valid_from?: string | null;
  valid_to?: string | null;
}

/** What is absent stays; an empty text is none. */
export type AssetChange = Partial<NewAsset> & { state?: AssetState | null };

export interface AssetImport {
  added: number;
  changed: number;
  same: number;
  /** A line that could not be taken costs only itself. */
  problems: { line: number; message: string }[];
}

export const CRITICALITIES: readonly Criticality[] = ['critical', 'high', 'normal', 'low'];

/** The columns of a CSV, in the order in which they are written; they are read in any. */
export const ASSET_COLUMNS = 'site,address,name,role,criticality,owner,contact,mac,valid_from,valid_to';
