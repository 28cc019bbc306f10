/// Fields and values, flat, each with its copy buttons and what else the page offers.
import type { ReactNode } from 'react';
import type { Field } from '../lib/fields';
import { isFangable } from '../lib/visible';
import { CopyButton } from './CopyButton';
import { DecodeButton } from './DecodeBox';
import { Text } from './Text';

const LONG = 2000;

export function FieldTable(props: {
  label: string;
  fields: readonly Field[];
  marked?: ReadonlySet<string>;
  tools?: (field: Field) => ReactNode;
}): ReactNode {
  return (
    <table className="fields" aria-label={props.label}>
      <tbody>
        {props.fields.map((field) => (
          <tr key={field.path}>
            <th scope="row" className="mono">
              <Text value={field.path} mayBreak />
            </th>
            <td className="mono">
              <Value value={field.value} isMarked={props.marked?.has(field.name) === true} />
            </td>
            <td className="tools">
              {props.tools?.(field)}
              <DecodeButton value={field.value} />
              {isFangable(field.value) && <CopyButton value={field.value} isDefanged />}
              <CopyButton value={field.value} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Value({ value, isMarked }: { value: string; isMarked: boolean }): ReactNode {
  const shown = value.length > LONG ? `${value.slice(0, LONG)}…` : value;
  return isMarked ? (
    <mark>
      <Text value={shown} mayBreak />
    </mark>
  ) : (
    <Text value={shown} mayBreak />
  );
}
