/// Changing a person: role, sites, lock; a new password; taking a lost second factor away.
import { useState, type FormEvent, type ReactNode } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import { ApiError } from '../../lib/client';
import type { User } from '../../lib/client.people';
import { useSession } from '../../lib/context';
import { useText } from '../../lib/i18n/i18n';
import { problemText } from '../../lib/problem';
import { Button } from '../../ui/Button';
import { Overlay } from '../../ui/Overlay';
import { Text } from '../../ui/Text';
import { useToast } from '../../ui/Toasts';
import { MIN_PASSWORD_CHARS } from '../session/password';
import { RoleChoice, Sites } from './Rights';
import { useUserSend } from './useUsers';

interface Given {
  user: User;
  onClose: () => void;
}

export function ChangeDialog({ user, onClose }: { user: User | null; onClose: () => void }): ReactNode {
  const { people: words } = useText();
  return (
    <Overlay title={words.change} isOpen={user !== null} onClose={onClose} isWide>
      {user !== null && (
        <div className="dialog-form">
          <p>
            <strong>
              <Text value={user.display} />
            </strong>{' '}
            <span className="mono dim">
              <Text value={user.name} />
            </span>
          </p>
          <RightsForm user={user} onClose={onClose} />
          <ResetForm user={user} onClose={onClose} />
          <FactorForm user={user} onClose={onClose} />
        </div>
      )}
    </Overlay>
  );
}

function RightsForm({ user, onClose }: Given): ReactNode {
  const text = useText();
  const { people: words } = text;
  const toast = useToast();
  const { user: own } = useSession();
  const [role, setRole] = useState(user.role);
  const [sites, setSites] = useState<readonly string[] | null>(user.sites);
  const send = useUserSend(
    (client, disabled: boolean) =>
      client.changeUser(user.name, { role, disabled, ...(sites !== null && { sites: [...sites] }) }),
    () => {
      toast({ message: words.changed });
      onClose();
    },
  );
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (!send.isPending) send.mutate(user.disabled);
  };
  return (
    <form className="dialog-form" onSubmit={onSubmit}>
      <RoleChoice value={role} onChange={setRole} />
      <Sites value={sites} onChange={setSites} />
      {send.isError && (
        <p className="field-error" role="alert">
          {problemText(send.error, text).message}
        </p>
      )}
      <div className="dialog-foot">
        {user.name !== own && (
          <Button onPress={() => send.mutate(!user.disabled)} isDisabled={send.isPending}>
            {user.disabled ? words.enable : words.disable}
          </Button>
        )}
        <Button type="submit" look="primary" isDisabled={send.isPending || sites?.length === 0}>
          {words.save}
        </Button>
      </div>
    </form>
  );
}

function ResetForm({ user, onClose }: Given): ReactNode {
  const text = useText();
  const { people: words } = text;
  const toast = useToast();
  const [password, setPassword] = useState('');
  const reset = useUserSend(
    (client) => client.setPassword(user.name, password),
    () => {
      toast({ message: words.resetDone });
      onClose();
    },
  );
  const isReady = [...password].length >= MIN_PASSWORD_CHARS && !reset.isPending;
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady) reset.mutate(undefined);
  };
  return (
    <form className="dialog-form" onSubmit={onSubmit}>
      <TextField className="field" type="password" value={password} onChange={setPassword} autoComplete="new-password">
        <Label>{words.reset}</Label>
        <Input className="input" />
      </TextField>
      <p className="field-hint">{words.firstPasswordHint}</p>
      {reset.isError && (
        <p className="field-error" role="alert">
          {problemText(reset.error, text).message}
        </p>
      )}
      <div className="dialog-foot">
        <Button type="submit" isDisabled={!isReady}>
          {words.reset}
        </Button>
      </div>
    </form>
  );
}

function FactorForm({ user, onClose }: Given): ReactNode {
  const text = useText();
  const { people: words } = text;
  const toast = useToast();
  const remove = useUserSend(
    (client) => client.removeFactorOf(user.name),
    () => {
      toast({ message: words.factorRemoved });
      onClose();
    },
  );
  const isNone = remove.error instanceof ApiError && remove.error.status === 404;
  return (
    <div className="dialog-form">
      <p className="field-hint">{words.removeFactorHint}</p>
      {remove.isError && (
        <p className="field-error" role="alert">
          {isNone ? words.noFactor : problemText(remove.error, text).message}
        </p>
      )}
      <div className="dialog-foot">
        <Button onPress={onClose}>{text.app.cancel}</Button>
        <Button onPress={() => remove.mutate(undefined)} isDisabled={remove.isPending}>
          {words.removeFactor}
        </Button>
      </div>
    </div>
  );
}
