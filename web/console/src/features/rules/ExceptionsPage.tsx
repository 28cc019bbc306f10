/// Every exception: in force, soon to expire, expired; whose it is, why, and until when.
import { BellOff, SearchX } from 'lucide-react';
import { useMemo, type ReactNode } from 'react';
import { useSearchParams } from 'react-router';
import type { RuleException } from '../../lib/api';
import { useNow } from '../../lib/clock';
import { number } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { Bones } from '../../ui/Bones';
import { Chips } from '../../ui/Chips';
import type { Term } from '../../ui/Marks';
import { StaleNotice } from '../../ui/Notice';
import { Failed, Screen } from '../../ui/Screen';
import { ExceptionList } from './ExceptionList';
import { RulesTop } from './RulesTop';
import { SearchBox } from '../../ui/SearchBox';
import { TERMS, isMeant, termOf } from './term';
import { useExceptions } from './useRules';
import './rules.css';

export function ExceptionsPage(): ReactNode {
  const { text } = useSpeech();
  const { data, error, dataUpdatedAt, refetch } = useExceptions();
  return (
    <div className="rules">
      <title>{`${text.exceptions.title} · ${text.app.name}`}</title>
      {error && data && <StaleNotice asOf={dataUpdatedAt} onRetry={() => void refetch()} />}
      <RulesTop title={text.exceptions.title} intro={text.exceptions.intro} />
      <Content data={data?.items} error={error} onRetry={() => void refetch()} />
    </div>
  );
}

function Content(props: {
  data: readonly RuleException[] | undefined;
  error: Error | null;
  onRetry: () => void;
}): ReactNode {
  const { text } = useSpeech();
  if (props.data === undefined) {
    if (props.error) return <Failed error={props.error} onRetry={props.onRetry} />;
    return <Bones rows={6} height={64} columns={['160px', '2fr', '1fr', '180px']} />;
  }
  if (props.data.length === 0) {
    return (
      <Screen icon={BellOff} title={text.exceptions.emptyTitle}>
        <p>{text.exceptions.emptyText}</p>
      </Screen>
    );
  }
  return <Filtered exceptions={props.data} />;
}

function Filtered({ exceptions }: { exceptions: readonly RuleException[] }): ReactNode {
  const { text, language } = useSpeech();
  const [params, setParams] = useSearchParams();
  const now = useNow();
  const chosen = TERMS.find((name) => name === params.get('state')) ?? null;
  const typed = params.get('text') ?? '';
  const counts = useMemo(() => countsOf(exceptions, now), [exceptions, now]);
  const shown = exceptions.filter(
    (each) => (chosen === null || termOf(each, now) === chosen) && isMeant(each, typed),
  );
  const put = (name: string, value: string) =>
    setParams(
      (last) => {
        if (value === '') last.delete(name);
        else last.set(name, value);
        return last;
      },
      { replace: true },
    );
  const n = (value: number) => number(value, language);
  return (
    <>
      <div className="rules-bar">
        <Chips
          label={text.exceptions.state}
          value={chosen ?? 'all'}
          options={[
            { id: 'all', name: `${text.exceptions.all} ${n(exceptions.length)}` },
            ...TERMS.map((id) => ({ id, name: `${text.exceptions.terms[id]} ${n(counts[id])}` })),
          ]}
          onChange={(id) => put('state', id === 'all' ? '' : id)}
        />
        <SearchBox
          label={text.exceptions.search}
          hint={text.exceptions.searchHint}
          value={typed}
          onChange={(value) => put('text', value)}
        />
      </div>
      {shown.length === 0 ? (
        <Screen icon={SearchX} title={text.exceptions.emptyFilterTitle}>
          <p>{text.exceptions.emptyFilterText}</p>
        </Screen>
      ) : (
        <ExceptionList exceptions={shown} />
      )}
    </>
  );
}

function countsOf(exceptions: readonly RuleException[], now: number): Record<Term, number> {
  const counts: Record<Term, number> = { running: 0, soon: 0, expired: 0 };
  for (const exception of exceptions) counts[termOf(exception, now)] += 1;
  return counts;
}
