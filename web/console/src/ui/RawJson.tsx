/// A record as it is, indented, as text; long ones are cut on screen and whole in the clipboard.
import type { ReactNode } from 'react';
import { useText } from '../lib/i18n/i18n';
import { visibleLines } from '../lib/visible';
import { CopyButton } from './CopyButton';

const MAX_SHOWN = 100_000;

export function RawJson({ value }: { value: unknown }): ReactNode {
  const text = useText();
  const whole = JSON.stringify(value, null, 2) ?? '';
  return (
    <div className="raw-frame">
      <div className="raw-tools">
        <CopyButton value={whole} />
      </div>
      {whole.length > MAX_SHOWN && <p className="field-hint">{text.events.rawCut}</p>}
      {/* A scrolling region must be reachable by keyboard. */}
      <pre className="raw" tabIndex={0}>
        {visibleLines(whole.slice(0, MAX_SHOWN))}
      </pre>
    </div>
  );
}
