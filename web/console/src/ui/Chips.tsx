/// One of a few that stand side by side: a row of chips.
import type { ReactNode } from 'react';
import { ToggleButton, ToggleButtonGroup } from 'react-aria-components';
import type { ChoiceOption } from './Choice';

export function Chips(props: {
  label: string;
  value: string;
  options: readonly ChoiceOption[];
  onChange: (id: string) => void;
}): ReactNode {
  return (
    <ToggleButtonGroup
      className="chips"
      aria-label={props.label}
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[props.value]}
      onSelectionChange={(keys) => {
        const [id] = keys;
        if (id !== undefined) props.onChange(String(id));
      }}
    >
      {props.options.map((option) => (
        <ToggleButton key={option.id} id={option.id} className="chip">
          {option.name}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  );
}
