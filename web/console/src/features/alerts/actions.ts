/// What an analyst may do with an alert, or with all that are marked: one list for buttons, keys and palette.
import type { AlertRow } from '../../lib/api';
import type { Dictionary } from '../../lib/i18n/i18n';
import { isOfIntel } from '../../lib/rule';
import type { Action } from '../../lib/shortcuts';
import type { Changes, Meant, Target } from './useChange';

/** The alerts of one change of many. */
export interface Many {
  meant: Meant;
  /** How many, as it is shown. */
  count: string;
  /** After it was sent the marks have done their work. */
  onSent: () => void;
}

export interface AlertActions {
  alert: AlertRow | null;
  /** In the place of the one alert. */
  many?: Many | null;
  /** The name to sign in with. */
  me: string;
  mayWrite: boolean;
  changes: Changes;
  text: Dictionary;
  onClosed?: () => void;
  /** Asks who is to hold it. */
  onAssign?: () => void;
  mayTune: boolean;
  onExcept: (id: string) => void;
}

/** What `a` and the dialog of colleagues do. */
export function assignTo({ alert, many, changes }: Pick<AlertActions, 'alert' | 'many' | 'changes'>, assignee: string): void {
  doIt({ alert, many, changes }, { assignee });
}

function doIt({ alert, many, changes }: Pick<AlertActions, 'alert' | 'many' | 'changes'>, target: Target): void {
  if (many) {
    many.onSent();
    void changes.changeMany(many.meant, target);
  } else if (alert) void changes.change(alert, target);
}

/** The actions on alerts; those that their state or the reader's rights forbid are disabled. */
export function alertActions(given: AlertActions): Action[] {
  const { alert, many, mayWrite, changes, text, onClosed } = given;
  const group = text.action.group.alert;
  // Of many each is asked for itself; the centre leaves those as they are that are so already.
  const can = (states: readonly AlertRow['state'][]) =>
    mayWrite && (many ? true : alert !== null && states.includes(alert.state));
  const to = (state: AlertRow['state']) => () => doIt(given, { state });
  const isMine = !many && alert?.assignee === given.me;
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
        if (many) changes.askCloseMany(many.meant, many.count, many.onSent);
        else if (alert) changes.askClose(alert, onClosed);
      },
      isDisabled: !can(['new', 'acknowledged', 'in_work']),
    },
    {
      name: 'assign-me',
      label: text.triage.assignMe,
      group,
      keys: ['a'],
      perform: () => doIt(given, { assignee: given.me }),
      isDisabled: isMine || !can(['new', 'acknowledged', 'in_work']),
    },
    {
      name: 'assign',
      label: text.triage.assign,
      group,
      keys: ['A'],
      perform: () => given.onAssign?.(),
      isDisabled: given.onAssign === undefined || !can(['new', 'acknowledged', 'in_work']),
    },
    {
      name: 'reopen',
      label: text.action.reopen,
      group,
      keys: ['r'],
      perform: to('new'),
      isDisabled: many !== null && many !== undefined ? true : !can(['closed']),
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
