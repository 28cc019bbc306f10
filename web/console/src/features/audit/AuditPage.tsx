/// The audit trail: who did what, when, with which values; found by person, action and thing. The address holds the filter.
import { ScrollText } from 'lucide-react';
import type { ReactNode } from 'react';
import { useSearchParams } from 'react-router';
import type { AuditEntry, AuditQuery } from '../../lib/client.people';
import { useClient, useSession } from '../../lib/context';
import { useText } from '../../lib/i18n/i18n';
import { usePages } from '../../lib/usePages';
import { Bones } from '../../ui/Bones';
import { Button } from '../../ui/Button';
import { StaleNotice } from '../../ui/Notice';
import { Failed, Screen } from '../../ui/Screen';
import { Text } from '../../ui/Text';
import { Time } from '../../ui/Time';
import '../account/account.css';
import './audit.css';

const EVERY_MS = 30_000;
interface PageOfEntries {
  items: readonly (AuditEntry & { id: string })[];
  next?: string | null;
}

const FILTERS = ['who', 'action', 'target'] as const;

export function AuditPage(): ReactNode {
  const text = useText();
  const { people: words } = text;
  const { all_sites: seesAll } = useSession();
  return (
    <div className="account audit">
      <title>{`${words.audit} · ${text.app.name}`}</title>
      <header>
        <h1>{words.audit}</h1>
        <p className="dim">{words.auditIntro}</p>
      </header>
      {seesAll ? <Trail /> : <p>{words.auditAll}</p>}
    </div>
  );
}

function Trail(): ReactNode {
  const { people: words } = useText();
  const [params, setParams] = useSearchParams();
  const client = useClient();
  const query: AuditQuery = Object.fromEntries(FILTERS.flatMap((name) => (params.get(name) ? [[name, params.get(name)]] : [])));
  const pages = usePages<AuditEntry & { id: string }, PageOfEntries>('audit', query, EVERY_MS, async (cursor, signal) => {
    const page = await client.audit({ ...query, cursor }, signal);
    return { ...page, items: page.items.map((entry) => ({ ...entry, id: String(entry.seq) })) };
  });
  const onFilter = (name: string, value: string) =>
    setParams((held) => {
      const next = new URLSearchParams(held);
      if (value === '') next.delete(name);
      else next.set(name, value);
      return next;
    });
  return (
    <>
      {pages.error && pages.first && <StaleNotice asOf={pages.asOf} onRetry={pages.retry} />}
      <form
        className="audit-filter"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          for (const name of FILTERS) onFilter(name, String(form.get(name) ?? '').trim());
        }}
      >
        {FILTERS.map((name) => (
          <label key={name} className="field">
            <span className="field-label">{words[name]}</span>
            <input key={params.get(name) ?? ''} className="input mono" name={name} defaultValue={params.get(name) ?? ''} />
          </label>
        ))}
        <Button type="submit">{words.audit}</Button>
      </form>
      {pages.isLoading && !pages.error && <Bones rows={10} columns={['60px', '160px', '120px', '160px', '1fr']} />}
      {pages.isLoading && pages.error && <Failed error={pages.error} onRetry={pages.retry} />}
      {!pages.isLoading && pages.rows.length === 0 && <Screen icon={ScrollText} title={words.auditNone} />}
      {pages.rows.length > 0 && <Table entries={pages.rows} />}
      {pages.hasMore && (
        <p>
          <Button onPress={pages.loadMore}>{words.more}</Button>
        </p>
      )}
    </>
  );
}

function Table({ entries }: { entries: readonly AuditEntry[] }): ReactNode {
  const { people: words } = useText();
  return (
    <table className="table table-stack audit-table" aria-label={words.audit}>
      <thead>
        <tr>
          <th scope="col">#</th>
          <th scope="col">{words.when}</th>
          <th scope="col">{words.who}</th>
          <th scope="col">{words.action}</th>
          <th scope="col">{words.target}</th>
          <th scope="col">{words.detail}</th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => (
          <tr key={entry.seq}>
            <td className="dim">{entry.seq}</td>
            <td data-label={words.when}>
              <Time at={entry.at} />
            </td>
            <td data-label={words.who}>
              <Text value={entry.who} />
            </td>
            <td data-label={words.action} className="mono">
              <Text value={entry.action} />
            </td>
            <td data-label={words.target} className="mono">
              <Text value={entry.target} mayBreak />
            </td>
            <td data-label={words.detail} className="mono audit-detail">
              <Text value={shown(entry.detail)} mayBreak />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Nothing where there are no values. */
function shown(detail: unknown): string {
  const text = JSON.stringify(detail);
  return text === '{}' || text === 'null' ? '' : text;
}
