/// The fields that made the rule fire, with their values.
import type { ReactNode } from 'react';
import { useText } from '../../lib/i18n/i18n';
import { flatten } from '../../lib/fields';
import { FieldTable } from '../../ui/FieldTable';

export function Matched({ matched }: { matched: Record<string, unknown> }): ReactNode {
  const text = useText();
  // A matched name already has its dots, so each entry is laid flat on its own.
  const fields = Object.entries(matched).flatMap(([name, value]) =>
    flatten(value).fields.map((leaf) => ({ ...leaf, path: name + leaf.path, name })),
  );
  return (
    <FieldTable
      label={text.alerts.matched}
      fields={fields}
      marked={new Set(Object.keys(matched))}
    />
  );
}
