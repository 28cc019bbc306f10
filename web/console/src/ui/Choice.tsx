/// One of a few: a labelled select.
import { Check, ChevronDown } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button, Label, ListBox, ListBoxItem, Popover, Select, SelectValue } from 'react-aria-components';

export interface ChoiceOption {
  id: string;
  name: string;
}

export function Choice(props: {
  label: string;
  value: string;
  options: readonly ChoiceOption[];
  onChange: (id: string) => void;
}): ReactNode {
  return (
    <Select
      selectedKey={props.value}
      onSelectionChange={(key) => props.onChange(String(key))}
      aria-label={props.label}
    >
      <Label className="hidden-text">{props.label}</Label>
      <Button className="button choice">
        <SelectValue className="ellipsis">
          {props.options.find((option) => option.id === props.value)?.name ?? props.value}
        </SelectValue>
        <ChevronDown size={14} aria-hidden="true" />
      </Button>
      <Popover className="popover">
        <ListBox items={props.options}>
          {(option) => (
            <ListBoxItem id={option.id} textValue={option.name} className="option">
              {({ isSelected }) => (
                <>
                  <span>{option.name}</span>
                  {isSelected && <Check size={14} className="option-end" aria-hidden="true" />}
                </>
              )}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </Select>
  );
}
