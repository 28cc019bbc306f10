/// The way back to imports that are neither applied nor discarded.
import { useEffect, useState, type ReactNode } from 'react';
import { Link } from 'react-router';
import { ApiError } from '../../lib/client';
import { useText } from '../../lib/i18n/i18n';
import { Text } from '../../ui/Text';
import { useImport } from './useRules';
import { forgetImport, waitingIds } from './waiting';

export function WaitingImports(): ReactNode {
  const [ids] = useState(waitingIds);
  return ids.map((id) => <Waiting key={id} id={id} />);
}

/** Nothing once it is decided on, or when the centre was restarted. */
function Waiting({ id }: { id: string }): ReactNode {
  const text = useText();
  const { data, error } = useImport(id);
  const isGone = error instanceof ApiError && error.status === 404;
  useEffect(() => {
    if (isGone) forgetImport(id);
  }, [isGone, id]);
  if (isGone || data === undefined) return null;
  return (
    <p className="packs-last">
      <span className="dim">{text.packs.waiting}</span>{' '}
      <Link to={`/rules/imports/${encodeURIComponent(id)}`}>
        <Text value={text.imports.title(data.pack)} />
      </Link>{' '}
      <span className="dim">
        · <Text value={data.source} mayBreak />
      </span>
    </p>
  );
}
