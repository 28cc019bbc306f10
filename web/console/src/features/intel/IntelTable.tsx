/// The table of lists: counts by kind, freshness, who and when, what could not be read.
import { TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { IntelList } from '../../lib/api';
import { number } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { wordOf } from '../../lib/i18n/word';
import { intelReason } from '../../lib/problem';
import { FreshnessMark, SeverityMark } from '../../ui/Marks';
import { Text } from '../../ui/Text';
import { Ago } from '../../ui/Time';

export function IntelTable({ lists }: { lists: readonly IntelList[] }): ReactNode {
  const { text } = useSpeech();
  return (
    <table className="table table-stack intel-table" aria-label={text.intel.title}>
      <thead>
        <tr>
          <th scope="col">{text.intel.list}</th>
          <th scope="col">{text.intel.entries}</th>
          <th scope="col">{text.intel.level}</th>
          <th scope="col">{text.intel.freshness}</th>
          <th scope="col">{text.intel.changed}</th>
          <th scope="col">{text.intel.hunt}</th>
          <th scope="col">{text.intel.problems}</th>
        </tr>
      </thead>
      <tbody>
        {lists.map((list) => (
          <Row key={list.id} list={list} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ list }: { list: IntelList }): ReactNode {
  const { text, language } = useSpeech();
  const name = language === 'en' ? list.name_en : list.name;
  return (
    <tr className={list.enabled ? undefined : 'intel-off'}>
      <td>
        <Link to={`/intel/${encodeURIComponent(list.id)}`}>
          <Text value={name} />
        </Link>{' '}
        {!list.enabled && <span className="tag">{text.intel.off}</span>}
        <br />
        <span className="dim">
          <Text value={list.source} />
          {list.shipped && ` · ${text.intel.shipped}`}
        </span>
      </td>
      <td data-label={text.intel.entries}>
        <Counts list={list} />
      </td>
      <td>
        <SeverityMark level={list.level} />
      </td>
      <td>
        <FreshnessMark freshness={list.freshness} />
        <br />
        {list.updated !== null && (
          <span className="dim">
            {' '}
            <Ago at={list.updated} />
          </span>
        )}
      </td>
      <td data-label={text.intel.changed}>{list.changed_by !== null && list.changed !== null ? <Changed by={list.changed_by} at={list.changed} /> : <span className="dim">—</span>}</td>
      <td data-label={text.intel.hunt}>
        <HuntState hunt={list.hunt} />
      </td>
      <td data-label={text.intel.problems}>
        <ListProblems list={list} />
      </td>
    </tr>
  );
}

export function Counts({ list }: { list: IntelList }): ReactNode {
  const { text, language } = useSpeech();
  if (list.kinds.length === 0) return <span className="dim">{text.intel.noEntries}</span>;
  return (
    <ul className="intel-kinds">
      {list.kinds.map((each) => (
        <li key={each.kind}>
          {number(each.count, language)} <span className="dim">{wordOf(each.count === 1 ? text.intel.kinds : text.intel.kindsMany, each.kind)}</span>
        </li>
      ))}
    </ul>
  );
}

export function Changed({ by, at }: { by: string; at: string }): ReactNode {
  return (
    <>
      <Text value={by} /> <br />
      <span className="dim">
        <Ago at={at} />
      </span>
    </>
  );
}

export function HuntState({ hunt }: { hunt: IntelList['hunt'] }): ReactNode {
  const { text, language } = useSpeech();
  const n = (value: number) => number(value, language);
  if (hunt.waiting > 0) return text.intel.waiting(n(hunt.waiting));
  if (hunt.found !== null && hunt.found > 0) return text.intel.found(n(hunt.found));
  return <span className="dim">{text.intel.nothingFound}</span>;
}

/** What is wrong, the first few in full; the rest is a number. */
export function ListProblems({ list }: { list: IntelList }): ReactNode {
  const { text, language } = useSpeech();
  const leftOut = list.hunt.left_out;
  if (list.feed_problem === null && list.refused === 0 && leftOut === 0) return <span className="dim">{text.sources.none}</span>;
  return (
    <ul className="intel-problems">
      {list.feed_problem !== null && (
        <li>
          <TriangleAlert size={13} aria-hidden="true" />
          <span>
            <strong>{text.intel.feed}</strong> <Text value={list.feed_problem} />
          </span>
        </li>
      )}
      {leftOut > 0 && (
        <li>
          <TriangleAlert size={13} aria-hidden="true" />
          <span>{text.intel.leftOut(number(leftOut, language))}</span>
        </li>
      )}
      {list.refused > 0 && (
        <li>
          <TriangleAlert size={13} aria-hidden="true" />
          <details>
            <summary>{text.intel.refused(number(list.refused, language))}</summary>
            <ol>
              {list.problems.map((problem, at) => (
                <li key={at}>
                  <span className="mono">
                    <Text value={problem.line === null ? problem.file : `${problem.file}:${String(problem.line)}`} />
                  </span>{' '}
                  <Text value={intelReason(problem.reason, text)} />
                </li>
              ))}
            </ol>
          </details>
        </li>
      )}
    </ul>
  );
}
