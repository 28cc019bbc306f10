/// The versions of a sensor's configuration that are kept: what each changed, and using one again.
import { RotateCcw } from 'lucide-react';
import { useMemo, useState, type ReactNode } from 'react';
import type { ConfigurationVersion } from '../../lib/api';
import { number } from '../../lib/format';
import { useSpeech, useText } from '../../lib/i18n/i18n';
import { visible } from '../../lib/visible';
import { Button } from '../../ui/Button';
import { Made } from './Made';
import { lineDiff, shortened } from './diff';

/** Read at a glance; the rest on demand. */
const STEP = 5;

export function ConfigurationVersions(props: {
  /** The newest first. */
  versions: readonly ConfigurationVersion[];
  onReuse?: (version: ConfigurationVersion) => void;
}): ReactNode {
  const text = useText();
  const words = text.configuration;
  const [room, setRoom] = useState(STEP);
  const { versions, onReuse } = props;
  return (
    <details className="config-versions">
      <summary>{words.versions}</summary>
      <ol>
        {versions.slice(0, room).map((made, at) => (
          <li key={made.version}>
            <div className="config-version">
              <p>
                <Made made={made} />
              </p>
              {onReuse && at > 0 && (
                <Button aria-label={words.reuseOne(String(made.version))} onPress={() => onReuse(made)}>
                  <RotateCcw size={14} aria-hidden="true" />
                  {words.reuse}
                </Button>
              )}
            </div>
            <Change before={versions[at + 1]} after={made} />
          </li>
        ))}
      </ol>
      {room < versions.length && <Button onPress={() => setRoom(room + STEP)}>{text.app.more}</Button>}
    </details>
  );
}

/** Against the version before; the oldest that is kept is shown whole. */
function Change({ before, after }: { before: ConfigurationVersion | undefined; after: ConfigurationVersion }): ReactNode {
  const { text, language } = useSpeech();
  const words = text.configuration;
  const lines = useMemo(() => shortened(lineDiff(before?.config ?? '', after.config)), [before, after]);
  if (lines.length === 0) return <p className="dim">{after.config.trim() === '' ? words.nothing : words.same}</p>;
  return (
    <pre className="raw config-diff" tabIndex={0} aria-label={words.diff(String(after.version))}>
      {lines.map((line, at) =>
        line.kind === 'skipped' ? (
          <span key={at} className="dim">{`  … ${words.skipped(number(line.count, language))}\n`}</span>
        ) : (
          <span key={at} className={`diff-${line.kind}`}>{`${SIGNS[line.kind]} ${visible(line.text)}\n`}</span>
        ),
      )}
    </pre>
  );
}

const SIGNS = { same: ' ', added: '+', removed: '−' } as const;
