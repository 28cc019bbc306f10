/// What can be done with the assets that are marked, or with the one that is selected. It is always there, so
/// that nothing moves when something is chosen.
import { Check, Pencil, Slash, Trash2, X } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Asset } from '../../lib/assets';
import { number } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { Button } from '../../ui/Button';
import { Text } from '../../ui/Text';
import { isOwn } from './useAssets';

export function MarkedBar(props: {
  marked: number;
  selected: Asset | null;
  canConfirm: boolean;
  canDismiss: boolean;
  onConfirm: () => void;
  onDismiss: () => void;
  onEdit: () => void;
  onRemove: () => void;
  onClear: () => void;
}): ReactNode {
  const { text, language } = useSpeech();
  const words = text.assets;
  const { marked, selected } = props;
  const isOne = marked === 0 && selected !== null;
  return (
    <div className="marked-bar" role="group" aria-label={words.chosen}>
      <span className="marked-what" aria-live="polite">
        {marked > 0 ? (
          <strong>{words.marked(number(marked, language))}</strong>
        ) : isOne ? (
          <span className="mono">
            <Text value={selected.address} mayBreak />
          </span>
        ) : (
          <span className="dim">{words.chooseHint}</span>
        )}
      </span>
      {(marked > 0 || isOne) && (
        <>
          {isOne && !isOwn(selected) && <span className="dim">{words.ofFile}</span>}
          {(marked > 0 || (selected !== null && isOwn(selected))) && (
            <>
              <Button shortcut="c" isDisabled={!props.canConfirm} onPress={props.onConfirm}>
                <Check size={14} aria-hidden="true" />
                {words.confirm}
              </Button>
              <Button shortcut="d" isDisabled={!props.canDismiss} onPress={props.onDismiss}>
                <Slash size={13} aria-hidden="true" />
                {words.dismiss}
              </Button>
            </>
          )}
          {isOne && isOwn(selected) && (
            <>
              <Button shortcut="e" onPress={props.onEdit}>
                <Pencil size={13} aria-hidden="true" />
                {words.edit}
              </Button>
              <Button onPress={props.onRemove}>
                <Trash2 size={13} aria-hidden="true" />
                {words.remove}
              </Button>
            </>
          )}
          {marked > 0 && (
            <Button look="quiet" shortcut="Esc" onPress={props.onClear}>
              <X size={14} aria-hidden="true" />
              {words.unmark}
            </Button>
          )}
        </>
      )}
    </div>
  );
}
