/// What can be done with the marked alerts, over the foot of the list so that no row moves.
import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { number } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { keyLabel, type Action } from '../../lib/shortcuts';
import { Button } from '../../ui/Button';
import type { Marks } from './useMarks';

export function BulkBar(props: {
  marks: Marks;
  loaded: number;
  total: number;
  isCapped: boolean;
  actions: readonly Action[];
}): ReactNode {
  const { text, language } = useSpeech();
  const words = text.triage;
  const { marks, loaded, total, isCapped } = props;
  if (marks.ids.size === 0) return null;
  const shown = (isCapped ? '> ' : '') + number(total, language);
  const canAll = !marks.isAll && marks.ids.size >= loaded && total > loaded;
  return (
    <div className="bulk-bar" role="toolbar" aria-label={words.marked(number(marks.ids.size, language))}>
      <strong aria-live="polite">{marks.isAll ? words.allMarked(shown) : words.marked(number(marks.ids.size, language))}</strong>
      {canAll && (
        <Button look="quiet" onPress={marks.all}>
          {words.markAll(shown)}
        </Button>
      )}
      {props.actions
        .filter((action) => BAR.includes(action.name) && action.isDisabled !== true)
        .map((action) => (
          <Button key={action.name} shortcut={keyLabel(action.keys[0] ?? '')} onPress={action.perform}>
            {action.label}
          </Button>
        ))}
      <Button look="quiet" isIcon aria-label={words.unmark} onPress={marks.clear}>
        <X size={15} aria-hidden="true" />
      </Button>
    </div>
  );
}

const BAR = ['acknowledge', 'work', 'close', 'assign-me', 'assign'];
