/// Text, severity, origin, state and tag: each a word in the URL.
import { X } from 'lucide-react';
import type { ReactNode, Ref } from 'react';
import { LEVELS, type Level, type RuleOrigin, type RuleState } from '../../lib/api';
import { number } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { Button } from '../../ui/Button';
import { Choice, type ChoiceOption } from '../../ui/Choice';
import { ORIGINS, NOTHING, STATES, isNarrowed, type RuleFilter } from './filter';
import { SearchBox } from '../../ui/SearchBox';
import { usePacks } from './useRules';

interface FilterProps {
  filter: RuleFilter;
  /** While one types, no step of Back is left behind. */
  onChange: (change: Partial<RuleFilter>, isTyping?: boolean) => void;
}

export function RuleFilterBar(
  props: FilterProps & { input: Ref<HTMLInputElement>; total: number | null },
): ReactNode {
  const { text, language } = useSpeech();
  const { filter, onChange } = props;
  return (
    <div className="filter-bar" role="group" aria-label={text.alerts.filter}>
      <SearchBox
        value={filter.text}
        label={text.rules.search}
        hint={text.rules.searchHint}
        input={props.input}
        onChange={(value) => onChange({ text: value }, true)}
      />
      <Choice
        label={text.alerts.level}
        value={filter.level}
        options={[
          { id: '', name: text.alerts.anyLevel },
          ...LEVELS.map((id) => ({ id, name: text.level[id] })),
        ]}
        onChange={(id) => onChange({ level: id as Level | '' })}
      />
      <OriginChoice filter={filter} onChange={onChange} />
      <Choice
        label={text.rules.state}
        value={filter.state}
        options={[
          { id: '', name: text.rules.anyState },
          ...STATES.map((id) => ({ id, name: text.rules.states[id] })),
        ]}
        onChange={(id) => onChange({ state: id as RuleState | '' })}
      />
      <SearchBox
        value={filter.tag}
        label={text.rules.tag}
        hint={text.rules.tagHint}
        onChange={(value) => onChange({ tag: value }, true)}
        isMono
      />
      {isNarrowed(filter) && (
        <Button look="quiet" isIcon aria-label={text.rules.clear} onPress={() => onChange(NOTHING)}>
          <X size={15} aria-hidden="true" />
        </Button>
      )}
      <span className="filters-end dim" aria-live="polite">
        {props.total !== null && text.rules.total(number(props.total, language))}
      </span>
    </div>
  );
}

/** Where rules come from: shipped, local, or one pack. */
function OriginChoice({ filter, onChange }: FilterProps): ReactNode {
  const { text } = useSpeech();
  const { data } = usePacks();
  const packs = new Set(data?.items.map((pack) => pack.name));
  if (filter.pack !== '') packs.add(filter.pack);
  const options: ChoiceOption[] = [
    { id: '', name: text.rules.anyOrigin },
    ...ORIGINS.map((id) => ({ id, name: text.rules.origins[id] })),
    ...[...packs].map((name) => ({ id: `pack:${name}`, name: text.rules.inPack(name) })),
  ];
  return (
    <Choice
      label={text.rules.origin}
      value={filter.pack === '' ? filter.origin : `pack:${filter.pack}`}
      options={options}
      onChange={(id) => {
        const isPack = id.startsWith('pack:');
        onChange({ pack: isPack ? id.slice(5) : '', origin: isPack ? '' : (id as RuleOrigin | '') });
      }}
    />
  );
}
