/// Ctrl K: every action of the page and the shell by its name, with or without its diacritics.
import { useState, type KeyboardEvent, type ReactNode } from 'react';
import { folded } from '../lib/fold';
import { useText } from '../lib/i18n/i18n';
import { keyLabel, useAllActions, type Action } from '../lib/shortcuts';
import { Overlay } from '../ui/Overlay';

export function Palette(props: { isOpen: boolean; onClose: () => void }): ReactNode {
  const text = useText();
  return (
    <Overlay title={text.app.palette} isOpen={props.isOpen} onClose={props.onClose}>
      <Finder onClose={props.onClose} />
    </Overlay>
  );
}

function Finder({ onClose }: { onClose: () => void }): ReactNode {
  const text = useText();
  const actions = useAllActions();
  const [typed, setTyped] = useState('');
  const [at, setAt] = useState(0);
  const hits = actions.filter(
    (action) => action.isDisabled !== true && action.name !== 'palette' && folded(action.label).includes(folded(typed)),
  );
  const run = (action: Action | undefined) => {
    if (!action) return;
    onClose();
    action.perform();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && !event.nativeEvent.isComposing) run(hits[at]);
    else if (event.key === 'ArrowDown') setAt(Math.min(at + 1, hits.length - 1));
    else if (event.key === 'ArrowUp') setAt(Math.max(at - 1, 0));
    else return;
    event.preventDefault();
  };
  return (
    <div>
      <input
        className="input palette-input"
        autoFocus
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={hits[at] ? `palette-${hits[at].name}` : undefined}
        aria-label={text.app.palette}
        placeholder={text.app.paletteHint}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <ul id="palette-list" role="listbox" aria-label={text.app.palette} className="palette">
        {hits.map((action, index) => (
          <li
            key={action.name}
            id={`palette-${action.name}`}
            role="option"
            aria-selected={index === at}
            className="option"
            data-focused={index === at ? '' : undefined}
            onClick={() => run(action)}
          >
            <span>{action.label}</span>
            <span className="option-end">
              {action.keys[0] === undefined ? action.group : <kbd>{keyLabel(action.keys[0])}</kbd>}
            </span>
          </li>
        ))}
      </ul>
      {hits.length === 0 && <p className="dim">{text.app.paletteNone}</p>}
    </div>
  );
}
