/// A QR code as one path: lines of 0 and 1, dark where 1 is, with the quiet zone that readers need.
import type { ReactNode } from 'react';

/** Modules of white around it (ISO/IEC 18004). */
const QUIET = 4;

export function QrCode({ rows, label }: { rows: readonly string[]; label: string }): ReactNode {
  const size = rows.length + 2 * QUIET;
  return (
    <svg className="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shapeRendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={pathOf(rows)} fill="#000" />
    </svg>
  );
}

/** A unit square for each dark module, runs joined. */
export function pathOf(rows: readonly string[]): string {
  const runs = rows.flatMap((row, y) =>
    [...row.matchAll(/1+/g)].map((run) => `M${run.index + QUIET} ${y + QUIET}h${run[0].length}v1h-${run[0].length}z`),
  );
  return runs.join('');
}
