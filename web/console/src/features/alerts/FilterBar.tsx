/// Severity, site, entity, time and order: each a word in the URL.
import { ListFilter, X } from 'lucide-react';
import { useEffect, useState, type FormEvent, type ReactNode, type Ref } from 'react';
import { LEVELS, type Level } from '../../lib/api';
import { useSites } from '../../lib/context';
import { number } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { Button } from '../../ui/Button';
import { Choice } from '../../ui/Choice';
import { Text } from '../../ui/Text';
import { TimeRange } from '../../ui/TimeRange';
import { SORTS, isNarrowed, type AlertFilter, type Sort } from './filter';

interface FilterBarProps {
  filter: AlertFilter;
  onChange: (change: Partial<AlertFilter>) => void;
  entityInput: Ref<HTMLInputElement>;
  /** Not known before the first answer. */
  total: number | null;
  isCapped: boolean;
  /** What the rule of the filter is called, where an alert of it is known. */
  ruleName: string;
}

export function FilterBar({ filter, onChange, entityInput, total, isCapped, ruleName }: FilterBarProps): ReactNode {
  const { text, language } = useSpeech();
  const { sites, nameOf } = useSites();
  const parents = new Set(sites.map((site) => site.parent));
  const leaves = sites.filter((site) => !parents.has(site.id));
  return (
    <div className="filters" role="group" aria-label={text.alerts.filter}>
      <Choice
        label={text.alerts.level}
        value={filter.levels.join(',')}
        options={levelOptions(filter.levels, text.alerts.anyLevel, (level) => text.level[level])}
        onChange={(id) => onChange({ levels: id === '' ? [] : (id.split(',') as Level[]) })}
      />
      <Choice
        label={text.alerts.site}
        value={filter.site}
        options={[
          { id: '', name: text.alerts.anySite },
          ...leaves.map((site) => ({ id: site.id, name: nameOf(site.id) })),
        ]}
        onChange={(site) => onChange({ site })}
      />
      <EntityBox value={filter.entity} onChange={(entity) => onChange({ entity })} inputRef={entityInput} />
      <TimeRange range={filter.range} onChange={(range) => onChange({ range })} canBeOpen />
      <Choice
        label={text.alerts.sort}
        value={filter.sort}
        options={SORTS.map((id) => ({
          id,
          name: { newest: text.alerts.sortNewest, oldest: text.alerts.sortOldest, severity: text.alerts.sortSeverity }[id],
        }))}
        onChange={(sort) => onChange({ sort: sort as Sort })}
      />
      {filter.rule !== '' && (
        <Button look="quiet" aria-label={text.alerts.dropRule(ruleName)} onPress={() => onChange({ rule: '' })}>
          <span className="filter-rule ellipsis">
            {text.alerts.rule}: <Text value={ruleName} />
          </span>
          <X size={13} aria-hidden="true" />
        </Button>
      )}
      {isNarrowed(filter) && (
        <Button
          look="quiet"
          isIcon
          aria-label={text.alerts.clear}
          onPress={() =>
            onChange({ levels: [], site: '', entity: '', rule: '', range: { from: null, to: null } })
          }
        >
          <X size={15} aria-hidden="true" />
        </Button>
      )}
      <span className="filters-total dim" aria-live="polite">
        {total !== null && text.alerts.total((isCapped ? '> ' : '') + number(total, language))}
      </span>
    </div>
  );
}

/** "High and above" is what one asks for; a mix from a pasted link is shown as it is. */
function levelOptions(current: readonly Level[], any: string, nameOf: (level: Level) => string) {
  const options = [{ id: '', name: any }];
  LEVELS.forEach((level, at) => {
    if (at === 0) options.push({ id: level, name: nameOf(level) });
    else options.push({ id: LEVELS.slice(0, at + 1).join(','), name: `≥ ${nameOf(level)}` });
  });
  const id = current.join(',');
  if (!options.some((option) => option.id === id)) options.push({ id, name: current.map(nameOf).join(', ') });
  return options.filter((option) => option.id !== LEVELS.join(','));
}

function EntityBox(props: {
  value: string;
  onChange: (entity: string) => void;
  inputRef: Ref<HTMLInputElement>;
}): ReactNode {
  const { text } = useSpeech();
  const [typed, setTyped] = useState(props.value);
  useEffect(() => setTyped(props.value), [props.value]);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (typed.trim() !== props.value) props.onChange(typed.trim());
  };
  return (
    <form className="entity-box" onSubmit={onSubmit} role="search" title={text.alerts.entityWhole}>
      <ListFilter size={14} aria-hidden="true" />
      <input
        ref={props.inputRef}
        className="input"
        aria-label={text.alerts.entity}
        placeholder={text.alerts.entityHint}
        aria-describedby="entity-whole"
        value={typed}
        spellCheck={false}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={onSubmit}
        onKeyDown={(event) => {
          if (event.key === 'Escape') event.currentTarget.blur();
        }}
      />
      <span id="entity-whole" className="hidden-text">
        {text.alerts.entityWhole}
      </span>
    </form>
  );
}
