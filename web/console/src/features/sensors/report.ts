/// What a sensor last said of itself (`sensor.status`), read with care: it comes from a box far away.
import type { Sensor } from '../../lib/api';

export type Uplink = 'connected' | 'connecting' | 'broken' | 'refused';
export type Spool = 'ok' | 'full' | 'failed';

export interface Lane {
  lane: 1 | 2 | 3;
  waiting: number;
  bytes: number;
  dropped: number;
  /** The number of its newest event. */
  last: number;
}

/** A configuration that came and is not in force. */
export interface Newest {
  /** 0 when it could not be read. */
  version: number;
  digest: string;
  state: 'trial' | 'refused' | 'rolled_back';
  reason: string;
}

/** What a sensor says of its configuration. */
export interface Configured {
  /** In force; 0 while the file on the box is all there is. */
  version: number;
  digest: string;
  newest: Newest | null;
  /** Keys that its program does not know and left out. */
  unknown: readonly string[];
}

/** What a sensor says of the update that the centre offered. */
export interface Updating {
  /** Whether it takes updates from its centre. */
  pushed: boolean;
  /** The rollout; 0 while there was none. */
  id: number;
  version: string;
  /** Null while there was none. */
  state: 'fetching' | 'ready' | 'installed' | 'refused' | 'rolled_back' | null;
  reason: string;
  fetched: number;
  size: number;
}

/** A source that it runs from. */
export interface RunSource {
  id: string;
  kind: string;
  site: string;
}

export interface Report {
  /** Null when it says nothing of it, or a word that we do not know. */
  uplink: Uplink | null;
  /** Why the line is broken or refused, in the words of the box. */
  reason: string | null;
  /** Bytes a second. */
  rate: number;
  spool: Spool | null;
  /** Always three, in order. */
  lanes: readonly Lane[];
  /** Null when it says nothing of it: an older program. */
  configuration: Configured | null;
  /** Null when it says nothing of it: an older program. */
  update: Updating | null;
  sources: readonly RunSource[];
  /** When it said so. */
  at: string | null;
}

const UPLINKS: readonly Uplink[] = ['connected', 'connecting', 'broken', 'refused'];
const SPOOLS: readonly Spool[] = ['ok', 'full', 'failed'];
const NEWEST: readonly Newest['state'][] = ['trial', 'refused', 'rolled_back'];
const UPDATING = ['fetching', 'ready', 'installed', 'refused', 'rolled_back'] as const;
/** More of a list or a text is not shown: a box may say anything. */
const MAX_ITEMS = 200;
const MAX_CHARS = 2_000;

/** Null when the sensor has not reported yet. */
export function reportOf({ report }: Pick<Sensor, 'report'>): Report | null {
  if (report === null) return null;
  const said = entries(report);
  const uplink = entries(said.uplink);
  const spool = entries(said.spool);
  const lanes = list(spool.lanes).map(entries);
  return {
    uplink: UPLINKS.find((word) => word === uplink.state) ?? null,
    reason: words(uplink.reason) || null,
    rate: count(uplink.rate),
    spool: SPOOLS.find((word) => word === spool.accepts) ?? null,
    lanes: ([1, 2, 3] as const).map((lane) => {
      const found = lanes.find((each) => each.lane === lane) ?? {};
      return { lane, waiting: count(found.waiting), bytes: count(found.bytes), dropped: count(found.dropped), last: count(found.last) };
    }),
    configuration: configuredOf(said.configuration),
    update: updatingOf(said.update),
    sources: list(said.sources).map(entries).map(({ id, kind, site }) => ({ id: words(id), kind: words(kind), site: words(site) })),
    at: typeof said.timestamp === 'string' ? said.timestamp : null,
  };
}

function configuredOf(value: unknown): Configured | null {
  if (typeof value !== 'object' || value === null) return null;
  const said = entries(value);
  const newest = entries(said.newest);
  const state = NEWEST.find((word) => word === newest.state);
  return {
    version: count(said.version),
    digest: words(said.digest),
    newest: state === undefined ? null : { version: count(newest.version), digest: words(newest.digest), state, reason: words(newest.reason) },
    unknown: list(said.unknown).map(words),
  };
}

function updatingOf(value: unknown): Updating | null {
  if (typeof value !== 'object' || value === null) return null;
  const said = entries(value);
  return {
    pushed: said.pushed === true,
    id: count(said.id),
    version: words(said.version),
    state: UPDATING.find((word) => word === said.state) ?? null,
    reason: words(said.reason),
    fetched: count(said.fetched),
    size: count(said.size),
  };
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value.slice(0, MAX_ITEMS) : [];
}

function words(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, MAX_CHARS) : '';
}

function entries(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0;
}
