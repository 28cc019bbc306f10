/// One condition of an exception: taken or not, its field, how it compares, any of its values.
import { Plus, X } from 'lucide-react';
import { useId, type ReactNode } from 'react';
import type { MatchHow } from '../../lib/api';
import { useText } from '../../lib/i18n/i18n';
import { Button } from '../../ui/Button';
import { Choice } from '../../ui/Choice';
import { Text } from '../../ui/Text';
import { HOWS, faultOf, type Condition } from './conditions';

export function ConditionRow(props: {
  condition: Condition;
  /** The fields that the kept events have, with a value of each. */
  fields: ReadonlyMap<string, string>;
  onChange: (condition: Condition) => void;
}): ReactNode {
  const text = useText();
  const { condition, onChange } = props;
  const set = (change: Partial<Condition>) => onChange({ ...condition, ...change });
  const isBad = condition.isUsed && faultOf(condition) === 'network';
  return (
    <li className={condition.isUsed ? 'condition' : 'condition condition-left'}>
      <label className="check condition-field">
        <input
          type="checkbox"
          aria-label={text.exceptions.use(condition.field)}
          checked={condition.isUsed}
          onChange={(event) => set({ isUsed: event.target.checked })}
        />
        {!condition.isOwn && (
          <span className="mono">
            <Text value={condition.field} mayBreak />
          </span>
        )}
      </label>
      {condition.isOwn && <FieldInput condition={condition} fields={props.fields} onChange={onChange} />}
      <Choice
        label={text.exceptions.howLabel}
        value={condition.how}
        options={HOWS.map((id) => ({ id, name: text.exceptions.how[id] }))}
        onChange={(id) => set({ how: id as MatchHow, isUsed: true })}
      />
      <Values condition={condition} onChange={onChange} />
      {isBad && <p className="field-error condition-fault">{text.exceptions.badCidr}</p>}
    </li>
  );
}

function FieldInput(props: {
  condition: Condition;
  fields: ReadonlyMap<string, string>;
  onChange: (condition: Condition) => void;
}): ReactNode {
  const text = useText();
  const { condition, fields } = props;
  const list = useId();
  const name = (field: string) => {
    const known = fields.get(field);
    const isBlank = condition.values.every((value) => value === '');
    props.onChange({ ...condition, field, isUsed: true, ...(known !== undefined && isBlank && { values: [known] }) });
  };
  return (
    <>
      <input
        className="input mono condition-name"
        aria-label={text.exceptions.field}
        placeholder={text.exceptions.fieldHint}
        list={list}
        value={condition.field}
        spellCheck={false}
        onChange={(event) => name(event.target.value)}
      />
      <datalist id={list}>
        {[...fields.keys()].map((field) => (
          <option key={field} value={field} />
        ))}
      </datalist>
    </>
  );
}

function Values({ condition, onChange }: { condition: Condition; onChange: (condition: Condition) => void }): ReactNode {
  const text = useText();
  const { values } = condition;
  const put = (next: readonly string[]) => onChange({ ...condition, values: next, isUsed: true });
  return (
    <div className="condition-values">
      {values.map((value, at) => (
        <span key={at} className="condition-value">
          {/* Values may be long, and have lines: an input of one line would cut them. */}
          <textarea
            className="input mono"
            rows={1}
            aria-label={`${text.exceptions.value}: ${condition.field}`}
            value={value}
            spellCheck={false}
            onChange={(event) => put(values.with(at, event.target.value))}
            onKeyDown={(event) => {
              if (event.key === 'Enter') event.preventDefault();
            }}
          />
          {values.length > 1 && (
            <Button look="quiet" isIcon aria-label={text.exceptions.dropValue(value)} onPress={() => put(values.filter((_each, place) => place !== at))}>
              <X size={13} aria-hidden="true" />
            </Button>
          )}
          {at === values.length - 1 && (
            <Button look="quiet" isIcon aria-label={text.exceptions.addValue} onPress={() => put([...values, ''])}>
              <Plus size={13} aria-hidden="true" />
            </Button>
          )}
        </span>
      ))}
    </div>
  );
}
