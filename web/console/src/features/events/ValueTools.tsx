/// What a value can do for a hunt: only it, without it, it anywhere, its alerts.
import { Ellipsis, Minus, Plus } from 'lucide-react';
import type { ReactNode } from 'react';
import { Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import { useNavigate } from 'react-router';
import { quoted, term, type Field } from '../../lib/fields';
import { useText } from '../../lib/i18n/i18n';
import { Button } from '../../ui/Button';

export function ValueTools(props: {
  field: Field;
  onNarrow: (condition: string) => void;
  onPivot: (query: string) => void;
}): ReactNode {
  const text = useText();
  const navigate = useNavigate();
  const { name, value } = props.field;
  const condition = term(name, value);
  const pivot = (key: 'any' | 'alerts') => {
    if (key === 'any') props.onPivot(quoted(value));
    else void navigate(`/alerts?state=all&entity=${encodeURIComponent(value)}`);
  };
  return (
    <>
      <Button
        look="quiet"
        isIcon
        aria-label={`${text.events.filterIn}: ${name}`}
        onPress={() => props.onNarrow(condition)}
      >
        <Plus size={13} aria-hidden="true" />
      </Button>
      <Button
        look="quiet"
        isIcon
        aria-label={`${text.events.filterOut}: ${name}`}
        onPress={() => props.onNarrow(`NOT ${condition}`)}
      >
        <Minus size={13} aria-hidden="true" />
      </Button>
      <MenuTrigger>
        <Button look="quiet" isIcon aria-label={text.events.actions(name)}>
          <Ellipsis size={13} aria-hidden="true" />
        </Button>
        <Popover className="popover" placement="bottom end">
          <Menu aria-label={text.events.actions(name)} onAction={(key) => pivot(key as 'any' | 'alerts')}>
            <MenuItem id="any" className="option">
              {text.events.pivot}
            </MenuItem>
            <MenuItem id="alerts" className="option">
              {text.events.pivotAlerts}
            </MenuItem>
          </Menu>
        </Popover>
      </MenuTrigger>
    </>
  );
}
