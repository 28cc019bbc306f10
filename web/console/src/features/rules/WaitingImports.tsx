/// Imports that are neither applied nor discarded, whoever began them: what each would change, and the
/// way to its preview.
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { ImportRow } from '../../lib/api';
import { number } from '../../lib/format';
import { useSpeech, useText } from '../../lib/i18n/i18n';
import { problemText } from '../../lib/problem';
import { Text } from '../../ui/Text';
import { Ago } from '../../ui/Time';
import { useImports } from './useRules';

export function WaitingImports(): ReactNode {
  const text = useText();
  const { data, error } = useImports();
  if (data === undefined) {
    return error && <p className="field-error">{problemText(error, text).message}</p>;
  }
  if (data.items.length === 0) return null;
  return (
    <section>
      <h2>{text.packs.waiting}</h2>
      <table className="table table-stack packs-table" aria-label={text.packs.waiting}>
        <thead>
          <tr>
            <th scope="col">{text.packs.name}</th>
            <th scope="col">{text.packs.source}</th>
            <th scope="col">{text.packs.begun}</th>
            <th scope="col">{text.packs.changesOf}</th>
            <th scope="col">{text.packs.trial}</th>
          </tr>
        </thead>
        <tbody>
          {data.items.map((row) => (
            <Row key={row.id} row={row} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Row({ row }: { row: ImportRow }): ReactNode {
  const { text, language } = useSpeech();
  const n = (value: number) => number(value, language);
  const { added, changed, removed } = row.counts;
  return (
    <tr>
      <td>
        <Link to={`/rules/imports/${encodeURIComponent(row.id)}`}>
          <Text value={text.imports.title(row.pack)} />
        </Link>
      </td>
      <td>
        <Text value={row.source} mayBreak />
      </td>
      <td data-label={text.packs.begun}>
        <Text value={row.who} />{' '}
        <span className="dim">
          <Ago at={row.at} />
        </span>
      </td>
      <td data-label={text.packs.changesOf}>{text.packs.counts(n(added + changed), n(removed))}</td>
      <td data-label={text.packs.trial}>{text.packs.trials[row.state]}</td>
    </tr>
  );
}
