/// Who is to hold the alerts: oneself, nobody, or a colleague who sees them. Letters find a name, Enter takes it.
import { useQuery } from '@tanstack/react-query';
import { User, UserMinus } from 'lucide-react';
import type { ReactNode } from 'react';
import { ListBox, ListBoxItem } from 'react-aria-components';
import { useClient, useSession } from '../../lib/context';
import { useText } from '../../lib/i18n/i18n';
import { Bones } from '../../ui/Bones';
import { Button } from '../../ui/Button';
import { Overlay } from '../../ui/Overlay';
import { Failed } from '../../ui/Screen';
import { Text } from '../../ui/Text';

/** The key of nobody; no person has an empty name. */
const NOBODY = 'nobody ';

export function AssignDialog(props: { isOpen: boolean; onClose: () => void; onAssign: (name: string) => void }): ReactNode {
  const text = useText();
  return (
    <Overlay title={text.triage.assignTitle} isOpen={props.isOpen} onClose={props.onClose}>
      <People onAssign={props.onAssign} />
      <div className="dialog-foot">
        <Button onPress={props.onClose}>{text.app.cancel}</Button>
      </div>
    </Overlay>
  );
}

function People({ onAssign }: { onAssign: (name: string) => void }): ReactNode {
  const text = useText();
  const client = useClient();
  const { user } = useSession();
  const { data, error, refetch } = useQuery({
    queryKey: ['assignees'],
    queryFn: ({ signal }) => client.assignees(signal),
    staleTime: 60_000,
  });
  if (error && !data) return <Failed error={error} onRetry={() => void refetch()} />;
  if (!data) return <Bones rows={4} columns={['1fr']} />;
  const others = data.items.filter(({ name }) => name !== user);
  const isOne = others.length < data.items.length;
  const people = [
    ...(isOne ? [{ id: user, name: text.triage.me, sign: user }] : []),
    ...others.map(({ name, display }) => ({ id: name, name: display, sign: name })),
    { id: NOBODY, name: text.triage.nobody, sign: '' },
  ];
  return (
    <ListBox
      className="people"
      aria-label={text.triage.assignTitle}
      autoFocus="first"
      items={people}
      onAction={(key) => onAssign(key === NOBODY ? '' : String(key))}
    >
      {(person) => (
        <ListBoxItem id={person.id} textValue={person.name} className="option">
          {person.sign === '' ? <UserMinus size={14} aria-hidden="true" /> : <User size={14} aria-hidden="true" />}
          <Text value={person.name} />
          {person.sign !== '' && (
            <span className="mono dim option-end">
              <Text value={person.sign} />
            </span>
          )}
        </ListBoxItem>
      )}
    </ListBox>
  );
}
