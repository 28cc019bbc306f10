/// What one may do with an incident: one list for buttons, keys and palette.
import type { Dictionary } from '../../lib/i18n/i18n';
import type { Incident, IncidentState } from '../../lib/incidents';
import type { Action } from '../../lib/shortcuts';

export type Asking = 'close' | 'snooze' | 'note';

export interface IncidentActions {
  incident: Incident | null;
  mayWrite: boolean;
  text: Dictionary;
  onMove: (incident: Incident, to: IncidentState) => void;
  onAsk: (incident: Incident, what: Asking) => void;
}

const OPEN: readonly IncidentState[] = ['new', 'acknowledged', 'in_work', 'resolved'];

/** Which states each step starts from; a note may always be written. */
const FROM: Record<'acknowledge' | 'work' | 'resolve' | 'close' | 'snooze', readonly IncidentState[]> = {
  acknowledge: ['new'],
  work: ['new', 'acknowledged'],
  resolve: ['new', 'acknowledged', 'in_work'],
  close: OPEN,
  snooze: ['new', 'acknowledged', 'in_work'],
};

export function incidentActions({ incident, mayWrite, text, onMove, onAsk }: IncidentActions): Action[] {
  const group = text.action.group.incidents;
  const can = (step: keyof typeof FROM) => mayWrite && incident !== null && FROM[step].includes(incident.state);
  const move = (to: IncidentState) => () => {
    if (incident) onMove(incident, to);
  };
  const ask = (what: Asking) => () => {
    if (incident) onAsk(incident, what);
  };
  const words = text.incidents;
  return [
    { name: 'acknowledge', label: words.acknowledge, group, keys: ['a', 'e'], perform: move('acknowledged'), isDisabled: !can('acknowledge') },
    { name: 'work', label: words.work, group, keys: ['w'], perform: move('in_work'), isDisabled: !can('work') },
    { name: 'resolve', label: words.resolve, group, keys: ['r'], perform: move('resolved'), isDisabled: !can('resolve') },
    { name: 'close', label: words.close, group, keys: ['c'], perform: ask('close'), isDisabled: !can('close') },
    { name: 'snooze', label: words.snooze, group, keys: ['s'], perform: ask('snooze'), isDisabled: !can('snooze') },
    { name: 'note', label: words.note, group, keys: ['n'], perform: ask('note'), isDisabled: !mayWrite || incident === null },
  ];
}
