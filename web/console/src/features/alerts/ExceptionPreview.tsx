/// What an exception would have silenced of the last days, and whether that would have been a loss.
import { OctagonAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { ExceptionDraft, ExceptionPreview as Preview } from '../../lib/api';
import { number } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { problemText } from '../../lib/problem';
import { useExceptionPreview } from './useException';

export function ExceptionPreview({ draft }: { draft: ExceptionDraft | null }): ReactNode {
  const { text } = useSpeech();
  const { data, error, isFetching } = useExceptionPreview(draft);
  return (
    <section className="silence" aria-label={text.exceptions.preview} aria-busy={isFetching}>
      <h3>{text.exceptions.preview}</h3>
      <div role="status">
        {draft === null && <p className="dim">{text.exceptions.noMatch}</p>}
        {draft !== null && error && <p className="field-error">{problemText(error, text).message}</p>}
        {draft !== null && !error && data === undefined && <p className="dim">{text.exceptions.previewWait}</p>}
        {draft !== null && !error && data && <Told preview={data} />}
      </div>
    </section>
  );
}

function Told({ preview }: { preview: Preview }): ReactNode {
  const { text, language } = useSpeech();
  const n = (value: number) => number(value, language);
  const { alerts, silenced, smaller, sampled, true_positives: lost, days } = preview;
  if (alerts === 0) return <p>{text.exceptions.previewNone(n(days))}</p>;
  return (
    <>
      <p>{text.exceptions.previewOf(n(alerts), n(days))}</p>
      <ul className="silence-counts">
        <li>
          <strong>{text.exceptions.silenced(n(silenced))}</strong>
        </li>
        <li>{text.exceptions.smaller(n(smaller))}</li>
        <li className="dim">{text.exceptions.kept(n(Math.max(alerts - silenced - smaller, 0)))}</li>
      </ul>
      {silenced === 0 && smaller === 0 && <p className="dim">{text.exceptions.nothing}</p>}
      {sampled > 0 && <p className="dim">{text.exceptions.sampled(n(sampled))}</p>}
      {lost > 0 && (
        <p className="silence-loss" role="alert">
          <OctagonAlert size={16} aria-hidden="true" />
          <span>
            <strong>{text.exceptions.truePositives(n(lost))}</strong> {text.exceptions.truePositivesHint}
          </span>
        </p>
      )}
      {preview.examples.length > 0 && (
        <p className="silence-examples">
          <span className="dim">{text.exceptions.examples}:</span>
          {/* In a tab of their own: what was typed here must not be lost. */}
          {preview.examples.map((id, at) => (
            <Link key={id} to={`/alerts/${encodeURIComponent(id)}`} target="_blank" rel="noreferrer">
              {text.exceptions.example(String(at + 1))}
            </Link>
          ))}
        </p>
      )}
    </>
  );
}
