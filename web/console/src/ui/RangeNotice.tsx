/// An end of the time range in the address that cannot be read: said, never silently ignored.
import type { ReactNode } from 'react';
import { useText } from '../lib/i18n/i18n';
import { unreadable, type Range } from '../lib/range';
import { Button } from './Button';
import { Notice } from './Notice';
import { Text } from './Text';

const MAX_SHOWN = 60;

export function RangeNotice(props: { range: Range; onChange: (range: Range) => void }): ReactNode {
  const text = useText();
  const { range, onChange } = props;
  return unreadable(range).map((end) => {
    const typed = range[end] ?? '';
    const shown = typed.length > MAX_SHOWN ? `${typed.slice(0, MAX_SHOWN)}…` : typed;
    return (
      <Notice
        key={end}
        tone="warn"
        end={<Button onPress={() => onChange({ ...range, [end]: null })}>{text.time.drop}</Button>}
      >
        <Text value={end === 'from' ? text.time.badFrom(shown) : text.time.badTo(shown)} />
      </Notice>
    );
  });
}
