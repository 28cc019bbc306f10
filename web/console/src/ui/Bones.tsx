/// A loading skeleton: rows of the height and columns that will come.
import type { ReactNode } from 'react';
import { useText } from '../lib/i18n/i18n';

export function Bones(props: { rows: number; columns: readonly string[]; height?: number }): ReactNode {
  const text = useText();
  return (
    <div role="status" aria-label={text.app.loading}>
      {Array.from({ length: props.rows }, (_, row) => (
        <div
          key={row}
          className="bones-row"
          style={{ gridTemplateColumns: props.columns.join(' '), height: props.height ?? 36 }}
        >
          {props.columns.map((_column, column) => (
            <div key={column} className="bone" style={{ width: `${45 + ((row * 37 + column * 23) % 45)}%` }} />
          ))}
        </div>
      ))}
    </div>
  );
}
