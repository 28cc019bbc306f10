/// The question: query, range, and where it is wrong when it is.
import { CircleHelp, Eye, EyeOff, Search as SearchIcon } from 'lucide-react';
import { useEffect, useState, type FormEvent, type ReactNode, type RefObject } from 'react';
import { DialogTrigger, Dialog, Popover, ToggleButton } from 'react-aria-components';
import type { ApiError } from '../../lib/client';
import { useText } from '../../lib/i18n/i18n';
import { isQueryAtFault, problemText, queryProblem } from '../../lib/problem';
import { Button } from '../../ui/Button';
import { TimeRange } from '../../ui/TimeRange';
import { Text } from '../../ui/Text';
import { Grammar } from './Grammar';
import { echo, type Search } from './search';

interface QueryBarProps {
  search: Search;
  input: RefObject<HTMLInputElement | null>;
  error: Error | null;
  isBusy: boolean;
  onAsk: (change: Partial<Search>) => void;
  onAgain: () => void;
}

export function QueryBar({ search, input, error, isBusy, onAsk, onAgain }: QueryBarProps): ReactNode {
  const text = useText();
  const [typed, setTyped] = useState(search.q);
  useEffect(() => setTyped(search.q), [search.q]);
  const isBad = isQueryAtFault(error);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (typed.trim() === search.q) onAgain();
    else onAsk({ q: typed });
  };
  return (
    <div className="query-bar">
      <form className="query-form" onSubmit={onSubmit} role="search">
        <div className="query-box">
          <input
            ref={input}
            className="input mono query-input"
            aria-label={text.events.query}
            aria-invalid={isBad}
            aria-describedby={isBad ? 'query-problem' : undefined}
            placeholder={text.events.queryHint}
            value={typed}
            spellCheck={false}
            autoComplete="off"
            autoCapitalize="none"
            onChange={(event) => setTyped(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Escape') event.currentTarget.blur();
            }}
          />
        </div>
        <TimeRange range={search.range} onChange={(range) => onAsk({ range })} />
        <Button type="submit" look="primary" isDisabled={isBusy}>
          <SearchIcon size={14} aria-hidden="true" />
          {text.events.run}
        </Button>
        <DialogTrigger>
          <Button look="quiet" isIcon aria-label={text.events.help}>
            <CircleHelp size={16} aria-hidden="true" />
          </Button>
          <Popover className="popover" placement="bottom end">
            <Dialog className="grammar" aria-label={text.events.help}>
              <Grammar />
            </Dialog>
          </Popover>
        </DialogTrigger>
      </form>
      {search.q.trim() === '' && (
        <StatusChip isHidden={search.hidesStatus} onChange={(hidesStatus) => onAsk({ hidesStatus })} />
      )}
      {isBad && <BadQuery query={search.q} error={error} />}
    </div>
  );
}

/** What a search without a query leaves out, and the way to have it back. */
function StatusChip(props: { isHidden: boolean; onChange: (isHidden: boolean) => void }): ReactNode {
  const text = useText();
  const Icon = props.isHidden ? EyeOff : Eye;
  return (
    <div className="query-chips" title={text.events.hideStatusHint}>
      <ToggleButton className="chip" isSelected={props.isHidden} onChange={props.onChange}>
        <Icon size={13} aria-hidden="true" />
        {text.events.hideStatus}
        <span className="hidden-text">{text.events.hideStatusHint}</span>
      </ToggleButton>
    </div>
  );
}

/** The query once more around the place where it is wrong, as a compiler would say it. */
function BadQuery({ query, error }: { query: string; error: ApiError }): ReactNode {
  const text = useText();
  const { column, reason } = queryProblem(error.message, text);
  if (error.code === 'query_too_long') return <Complaint>{problemText(error, text).message}</Complaint>;
  if (column === null) {
    return (
      <Complaint>
        <strong>{text.events.badQuery}:</strong> <Text value={reason} />
      </Complaint>
    );
  }
  const { before, at, after } = echo(query, column);
  return (
    <Complaint>
      <strong>{text.events.badQuery}.</strong> {text.events.badQueryAt(column)} <Text value={reason} />
      <pre className="mono">
        <Text value={before} />
        <span className="query-place">
          <Text value={at} />
        </span>
        <Text value={after} />
      </pre>
    </Complaint>
  );
}

function Complaint({ children }: { children: ReactNode }): ReactNode {
  return (
    <div id="query-problem" className="query-problem" role="alert">
      {children}
    </div>
  );
}
