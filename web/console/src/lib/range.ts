/// A time range as the URL writes it: `from=-24h` (relative, so that a link stays alive) or two
/// absolute times. Resolved to absolute times only when a question is asked.

export const PRESETS = ['15m', '1h', '24h', '7d', '30d'] as const;
export type Preset = (typeof PRESETS)[number];

export interface Range {
  from: string | null;
  to: string | null;
}

const UNIT_MS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

export function presetOf(range: Range): Preset | null {
  if (range.to !== null || range.from === null) return null;
  return PRESETS.find((preset) => `-${preset}` === range.from) ?? null;
}

export function resolve(range: Range, now: number): { from?: string; to?: string } {
  const from = moment(range.from, now);
  const to = moment(range.to, now);
  return { ...(from === null ? {} : { from }), ...(to === null ? {} : { to }) };
}

/** The ends that stand in the address and cannot be read. */
export function unreadable(range: Range): ('from' | 'to')[] {
  return (['from', 'to'] as const).filter((end) => Boolean(range[end]) && moment(range[end], 0) === null);
}

const RELATIVE = /^-(\d{1,4})([mhd])$/;
const ABSOLUTE = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)$/;

function moment(text: string | null, now: number): string | null {
  if (text === null || text === '') return null;
  const relative = RELATIVE.exec(text);
  if (relative) {
    const unit = UNIT_MS[relative[2] ?? ''] ?? 0;
    return new Date(now - Number(relative[1]) * unit).toISOString();
  }
  // Absolute times go to the centre as they are: rounding to milliseconds would lose events.
  return ABSOLUTE.test(text) && !Number.isNaN(Date.parse(text)) ? text : null;
}
