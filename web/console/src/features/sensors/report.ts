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

export interface Report {
  /** Null when it says nothing of it, or a word that we do not know. */
  uplink: Uplink | null;
  /** Bytes a second. */
  rate: number;
  spool: Spool | null;
  /** Always three, in order. */
  lanes: readonly Lane[];
  /** When it said so. */
  at: string | null;
}

const UPLINKS: readonly Uplink[] = ['connected', 'connecting', 'broken', 'refused'];
const SPOOLS: readonly Spool[] = ['ok', 'full', 'failed'];

/** Null when the sensor has not reported yet. */
export function reportOf({ report }: Pick<Sensor, 'report'>): Report | null {
  if (report === null) return null;
  const said = entries(report);
  const uplink = entries(said.uplink);
  const spool = entries(said.spool);
  const lanes = (Array.isArray(spool.lanes) ? spool.lanes : []).map(entries);
  return {
    uplink: UPLINKS.find((word) => word === uplink.state) ?? null,
    rate: count(uplink.rate),
    spool: SPOOLS.find((word) => word === spool.accepts) ?? null,
    lanes: ([1, 2, 3] as const).map((lane) => {
      const found = lanes.find((each) => each.lane === lane) ?? {};
      return { lane, waiting: count(found.waiting), bytes: count(found.bytes), dropped: count(found.dropped), last: count(found.last) };
    }),
    at: typeof said.timestamp === 'string' ? said.timestamp : null,
  };
}

function entries(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0;
}
