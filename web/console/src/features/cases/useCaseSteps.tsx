/// The steps with a case: at once, or through a dialog.
import type { CaseDetail } from '../../lib/cases';
import { useClient, useMay, useSession } from '../../lib/context';
import { useText } from '../../lib/i18n/i18n';
import type { Action } from '../../lib/shortcuts';
import { useDo } from './useCases';

export type Asking = 'edit' | 'close';

export function useCaseSteps(held: CaseDetail | null, ask: (what: Asking) => void): Action[] {
  const text = useText();
  const words = text.cases;
  const client = useClient();
  const session = useSession();
  const run = useDo();
  const mayWrite = useMay('cases.write');
  const mayRaise = useMay('incidents.write');
  const group = text.action.group.cases;
  const isOpen = mayWrite && held !== null && held.state !== 'closed';
  const change = (made: { state?: 'in_work'; assignee?: string }) => () => {
    if (held) void run(() => client.changeCase(held.id, { ...made, version: held.version }), words.done.changed);
  };
  return [
    { name: 'start', label: words.start, group, keys: ['w'], perform: change({ state: 'in_work', ...(held?.assignee === null && { assignee: session.user }) }), isDisabled: !isOpen || held.state !== 'new' },
    { name: 'take', label: words.take, group, keys: ['a'], perform: change({ assignee: session.user }), isDisabled: !isOpen || held.assignee === session.user },
    { name: 'edit', label: words.edit, group, keys: ['e'], perform: () => ask('edit'), isDisabled: !isOpen },
    {
      name: 'note',
      label: words.note,
      group,
      keys: ['n'],
      perform: () => document.querySelector<HTMLTextAreaElement>('.case-write textarea')?.focus(),
      isDisabled: !isOpen,
    },
    { name: 'close', label: words.close, group, keys: ['c'], perform: () => ask('close'), isDisabled: !isOpen },
    {
      name: 'raise',
      label: words.raise,
      group,
      keys: ['i'],
      perform: () => {
        if (held) void run(() => client.raiseIncident(held.id), words.done.raised);
      },
      isDisabled: !isOpen || !mayRaise,
    },
    {
      name: 'reopen',
      label: words.reopen,
      group,
      keys: ['r'],
      perform: () => {
        if (held) void run(() => client.reopenCase(held.id, held.version), words.done.reopened);
      },
      isDisabled: !mayWrite || held?.state !== 'closed',
    },
  ];
}
