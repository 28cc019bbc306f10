/// What an analyst may do with an alert: one list for buttons, keys and palette.
import type { AlertRow } from '../../lib/api';
import type { Dictionary } from '../../lib/i18n/i18n';
import { isOfIntel } from '../../lib/rule';
import type { Action } from '../../lib/shortcuts';
import type { Changes } from './useChange';

export interface AlertActions {
  alert: AlertRow | null;
  mayWrite: boolean;
  changes: Changes;
  text: Dictionary;
  onClosed?: () => void;
  mayTune: boolean;
  onExcept: (id: string) => void;
}

/** The actions on one alert; those that its state or the reader's rights forbid are disabled. */
export function alertActions(given: AlertActions): Action[] {
  const { alert, mayWrite, changes, text, onClosed } = given;
  const group = text.action.group.alert;
  const can = (states: readonly AlertRow['state'][]) =>
    mayWrite && alert !== null && states.includes(alert.state);
  const to = (state: AlertRow['state']) => () => {
    if (alert) void changes.change(alert, { state });
  };
  return [
    {
      name: 'acknowledge',
      label: text.action.acknowledge,
      group,
      keys: ['e'],
      perform: to('acknowledged'),
      isDisabled: !can(['new']),
    },
    {
      name: 'work',
      label: text.action.work,
      group,
      keys: ['w'],
      perform: to('in_work'),
      isDisabled: !can(['new', 'acknowledged']),
    },
    {
      name: 'close',
      label: text.action.close,
      group,
      keys: ['c'],
      perform: () => {
        if (alert) changes.askClose(alert, onClosed);
      },
      isDisabled: !can(['new', 'acknowledged', 'in_work']),
    },
    {
      name: 'reopen',
      label: text.action.reopen,
      group,
      keys: ['r'],
      perform: to('new'),
      isDisabled: !can(['closed']),
    },
    {
      name: 'except',
      label: text.action.except,
      group,
      keys: ['s'],
      perform: () => {
        if (alert) given.onExcept(alert.id);
      },
      isDisabled: !given.mayTune || alert === null || isOfIntel(alert.rule),
    },
    {
      name: 'undo',
      label: text.action.undo,
      group,
      keys: ['z'],
      perform: changes.undo,
      isDisabled: !mayWrite,
    },
  ];
}
