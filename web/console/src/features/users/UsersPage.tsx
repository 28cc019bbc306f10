/// Who may sign in: role, sites, whether the account is locked; adding and changing.
import { UserPlus } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import type { User } from '../../lib/client.people';
import { useMay, useSession, useSites } from '../../lib/context';
import { useText } from '../../lib/i18n/i18n';
import { useActions } from '../../lib/shortcuts';
import { Bones } from '../../ui/Bones';
import { Button } from '../../ui/Button';
import { StaleNotice } from '../../ui/Notice';
import { Failed } from '../../ui/Screen';
import { Text } from '../../ui/Text';
import { Time } from '../../ui/Time';
import { AddDialog } from './AddDialog';
import { ChangeDialog } from './ChangeDialog';
import { useUsers } from './useUsers';
import '../account/account.css';

export function UsersPage(): ReactNode {
  const text = useText();
  const { people: words } = text;
  const mayWrite = useMay('users.write');
  const { data, error, dataUpdatedAt, refetch } = useUsers();
  const [isAdding, setAdding] = useState(false);
  const [changing, setChanging] = useState<User | null>(null);
  useActions([
    {
      name: 'users-add',
      label: words.add,
      group: text.action.group.page,
      keys: ['n'],
      perform: () => setAdding(true),
      isDisabled: !mayWrite,
    },
  ]);
  return (
    <div className="account">
      <title>{`${words.users} · ${text.app.name}`}</title>
      {error && data && <StaleNotice asOf={dataUpdatedAt} onRetry={() => void refetch()} />}
      <header>
        <h1>{words.users}</h1>
        <p className="dim">{words.usersIntro}</p>
        {mayWrite && (
          <Button look="primary" shortcut="n" onPress={() => setAdding(true)}>
            <UserPlus size={15} aria-hidden="true" />
            {words.add}
          </Button>
        )}
      </header>
      {data === undefined && error && <Failed error={error} onRetry={() => void refetch()} />}
      {data === undefined && !error && <Bones rows={4} columns={['1fr', '120px', '1fr', '120px', '80px']} />}
      {data && <Table users={data} onChange={mayWrite ? setChanging : null} />}
      <AddDialog isOpen={isAdding} onClose={() => setAdding(false)} />
      <ChangeDialog user={changing} onClose={() => setChanging(null)} />
    </div>
  );
}

function Table(props: { users: readonly User[]; onChange: ((user: User) => void) | null }): ReactNode {
  const { people: words } = useText();
  return (
    <table className="table table-stack users-table" aria-label={words.users}>
      <thead>
        <tr>
          <th scope="col">{words.name}</th>
          <th scope="col">{words.role}</th>
          <th scope="col">{words.sites}</th>
          <th scope="col">{words.since}</th>
          <td />
        </tr>
      </thead>
      <tbody>
        {props.users.map((user) => (
          <Row key={user.name} user={user} onChange={props.onChange} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ user, onChange }: { user: User; onChange: ((user: User) => void) | null }): ReactNode {
  const text = useText();
  const { people: words } = text;
  const { nameOf } = useSites();
  const { user: own } = useSession();
  return (
    <tr>
      <td data-label={words.name}>
        <Text value={user.display} /> {user.name === own && <span className="tag">{words.you}</span>}{' '}
        {user.disabled && <span className="tag">{words.disabled}</span>}{' '}
        {user.must_change && !user.disabled && <span className="tag">{words.waitsForChange}</span>}
        <br />
        <span className="mono dim">
          <Text value={user.name} />
        </span>
      </td>
      <td data-label={words.role}>{text.app.role[user.role]}</td>
      <td data-label={words.sites}>{user.sites === null ? words.allSites : user.sites.map(nameOf).join(', ')}</td>
      <td data-label={words.since}>
        <Time at={user.created} short />
      </td>
      <td>{onChange && <Button onPress={() => onChange(user)}>{words.change}</Button>}</td>
    </tr>
  );
}
