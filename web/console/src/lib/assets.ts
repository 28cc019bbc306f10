/// The nouns of assets under short names; they come from the generated document.
import type { components } from './api.gen';

type Schemas = components['schemas'];

export type Asset = Schemas['Asset'];
export type AssetPage = Schemas['AssetPage'];
export type AssetCounts = Schemas['AssetCounts'];
export type AssetChange = Schemas['AssetChange'];
export type AssetImport = Schemas['AssetImport'];
export type AssetKind = Schemas['AssetKind'];
export type AssetOrigin = Schemas['AssetOrigin'];
export type AssetState = Schemas['AssetState'];
export type AssetsChanged = Schemas['AssetsChanged'];
export type Criticality = Schemas['Criticality'];
export type NewAsset = Schemas['NewAsset'];
export type SeenBy = Schemas['SeenBy'];

export const CRITICALITIES: readonly Criticality[] = ['critical', 'high', 'normal', 'low'];

/** The columns of a CSV, in the order in which they are written; they are read in any. */
export const ASSET_COLUMNS = 'site,address,name,role,criticality,owner,contact,mac,valid_from,valid_to';
