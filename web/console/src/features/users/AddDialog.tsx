/// Adding a person: name, role, sites, and a password that is changed at the first sign-in.
import { useState, type FormEvent, type ReactNode } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import { useSession } from '../../lib/context';
import { useText } from '../../lib/i18n/i18n';
import { problemText } from '../../lib/problem';
import { Button } from '../../ui/Button';
import { Overlay } from '../../ui/Overlay';
import { useToast } from '../../ui/Toasts';
import { MIN_PASSWORD_CHARS } from '../session/password';
import { RoleChoice, Sites, type RoleName } from './Rights';
import { useUserSend } from './useUsers';

export function AddDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }): ReactNode {
  const { people: words } = useText();
  return (
    <Overlay title={words.add} isOpen={isOpen} onClose={onClose} isWide>
      <AddForm onClose={onClose} />
    </Overlay>
  );
}

function AddForm({ onClose }: { onClose: () => void }): ReactNode {
  const text = useText();
  const { people: words } = text;
  const toast = useToast();
  const { all_sites: seesAll } = useSession();
  const [name, setName] = useState('');
  const [display, setDisplay] = useState('');
  const [role, setRole] = useState<RoleName>('analyst');
  const [sites, setSites] = useState<readonly string[] | null>(seesAll ? null : []);
  const [password, setPassword] = useState('');
  const add = useUserSend(
    (client) => client.addUser({ name, display: display.trim() || name, role, sites: sites === null ? null : [...sites], password }),
    () => {
      toast({ message: words.added });
      onClose();
    },
  );
  const isName = isUserName(name);
  const isReady = isName && [...password].length >= MIN_PASSWORD_CHARS && sites?.length !== 0 && !add.isPending;
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady) add.mutate(undefined);
  };
  return (
    <form className="dialog-form" onSubmit={onSubmit}>
      <TextField className="field" value={name} onChange={setName} isRequired autoFocus>
        <Label>{words.name}</Label>
        <Input className="input mono" maxLength={64} spellCheck="false" autoComplete="off" />
      </TextField>
      <p className={name === '' || isName ? 'field-hint' : 'field-error'}>{words.nameHint}</p>
      <TextField className="field" value={display} onChange={setDisplay}>
        <Label>{words.display}</Label>
        <Input className="input" maxLength={120} autoComplete="off" />
      </TextField>
      <RoleChoice value={role} onChange={setRole} />
      <Sites value={sites} onChange={setSites} />
      <TextField className="field" type="password" value={password} onChange={setPassword} autoComplete="new-password" isRequired>
        <Label>{words.firstPassword}</Label>
        <Input className="input" />
      </TextField>
      <p className="field-hint">{words.firstPasswordHint}</p>
      {add.isError && (
        <p className="field-error" role="alert">
          {problemText(add.error, text).message}
        </p>
      )}
      <div className="dialog-foot">
        <Button onPress={onClose}>{text.app.cancel}</Button>
        <Button type="submit" look="primary" isDisabled={!isReady}>
          {words.add}
        </Button>
      </div>
    </form>
  );
}

/** As the centre takes it (web/src/api/users.rs). */
export function isUserName(name: string): boolean {
  return /^[A-Za-z0-9._@-]{1,64}$/.test(name) && name !== 'haidang' && name !== 'local';
}
