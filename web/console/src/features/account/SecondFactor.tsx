/// The second factor: turned on with a code of the app, turned off with the password.
import { useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import type { NewSecondFactor } from '../../lib/client.people';
import { useSession } from '../../lib/context';
import { useText } from '../../lib/i18n/i18n';
import { problemText } from '../../lib/problem';
import { Button } from '../../ui/Button';
import { CopyButton } from '../../ui/CopyButton';
import { Notice } from '../../ui/Notice';
import { Overlay } from '../../ui/Overlay';
import { useToast } from '../../ui/Toasts';
import { QrCode } from './QrCode';
import { useAccountSend } from './useAccount';

export function SecondFactor(): ReactNode {
  const { people: words } = useText();
  const { second_factor: isOn } = useSession();
  const [open, setOpen] = useState<'begin' | 'remove' | null>(null);
  const close = () => setOpen(null);
  return (
    <section className="account-part">
      <h2>{words.factor}</h2>
      <p>{isOn ? words.factorOn : words.factorOff}</p>
      <p>
        <Button look={isOn ? 'plain' : 'primary'} onPress={() => setOpen(isOn ? 'remove' : 'begin')}>
          {isOn ? words.factorRemove : words.factorBegin}
        </Button>
      </p>
      <BeginDialog isOpen={open === 'begin'} onClose={close} />
      <Overlay title={words.factorRemove} isOpen={open === 'remove'} onClose={close}>
        <RemoveForm onClose={close} />
      </Overlay>
    </section>
  );
}

function BeginDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }): ReactNode {
  const { people: words } = useText();
  const queryClient = useQueryClient();
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const close = () => {
    setCodes(null);
    onClose();
    if (codes !== null) void queryClient.invalidateQueries({ queryKey: ['session'] });
  };
  return (
    <Overlay title={codes === null ? words.factorBegin : words.recovery} isOpen={isOpen} onClose={close} isHeld={codes !== null}>
      {codes === null ? <Begin onDone={setCodes} onClose={close} /> : <Codes codes={codes} onClose={close} />}
    </Overlay>
  );
}

function Begin(props: { onDone: (codes: readonly string[]) => void; onClose: () => void }): ReactNode {
  const text = useText();
  const [made, setMade] = useState<NewSecondFactor | null>(null);
  const begin = useAccountSend((client) => client.beginFactor(), setMade);
  if (made !== null) return <Confirm made={made} onDone={props.onDone} onClose={props.onClose} />;
  return (
    <div className="dialog-form">
      <p>{text.people.factorOff}</p>
      {begin.isError && (
        <p className="field-error" role="alert">
          {problemText(begin.error, text).message}
        </p>
      )}
      <div className="dialog-foot">
        <Button onPress={props.onClose}>{text.app.cancel}</Button>
        <Button look="primary" isDisabled={begin.isPending} onPress={() => begin.mutate(undefined)} autoFocus>
          {text.people.factorBegin}
        </Button>
      </div>
    </div>
  );
}

function Confirm(props: { made: NewSecondFactor; onDone: (codes: readonly string[]) => void; onClose: () => void }): ReactNode {
  const text = useText();
  const { people: words } = text;
  const [code, setCode] = useState('');
  const confirm = useAccountSend(
    (client) => client.confirmFactor(code),
    (told) => props.onDone(told.codes),
  );
  const isCode = /^\d{6}$/.test(code.replaceAll(' ', ''));
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (isCode && !confirm.isPending) confirm.mutate(undefined);
  };
  return (
    <form className="dialog-form" onSubmit={onSubmit}>
      <p>{words.factorScan}</p>
      <QrCode rows={props.made.qr} label={words.qr} />
      <p>
        {words.factorKey} <code className="mono">{grouped(props.made.secret)}</code> <CopyButton value={props.made.secret} />
      </p>
      <TextField className="field" value={code} onChange={setCode} isRequired autoFocus>
        <Label>{words.factorType}</Label>
        <Input className="input mono" inputMode="numeric" autoComplete="one-time-code" maxLength={7} />
      </TextField>
      {confirm.isError && (
        <p className="field-error" role="alert">
          {problemText(confirm.error, text).message}
        </p>
      )}
      <div className="dialog-foot">
        <Button onPress={props.onClose}>{text.app.cancel}</Button>
        <Button type="submit" look="primary" isDisabled={!isCode || confirm.isPending}>
          {words.factorConfirm}
        </Button>
      </div>
    </form>
  );
}

function Codes({ codes, onClose }: { codes: readonly string[]; onClose: () => void }): ReactNode {
  const { people: words } = useText();
  return (
    <div className="dialog-form">
      <Notice tone="warn">
        <strong>{words.factorDone}</strong> {words.recoveryHint}
      </Notice>
      <ol className="account-codes mono">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ol>
      <div className="dialog-foot">
        <CopyButton value={codes.join('\n')} hasWord />
        <Button look="primary" onPress={onClose}>
          {words.recoveryKept}
        </Button>
      </div>
    </div>
  );
}

function RemoveForm({ onClose }: { onClose: () => void }): ReactNode {
  const text = useText();
  const { people: words } = text;
  const toast = useToast();
  const queryClient = useQueryClient();
  const [password, setPassword] = useState('');
  const remove = useAccountSend(
    (client) => client.removeFactor(password),
    () => {
      void queryClient.invalidateQueries({ queryKey: ['session'] });
      toast({ message: words.factorRemoved });
      onClose();
    },
  );
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (password !== '' && !remove.isPending) remove.mutate(undefined);
  };
  return (
    <form className="dialog-form" onSubmit={onSubmit}>
      <p>{words.factorRemoveHint}</p>
      <TextField className="field" type="password" value={password} onChange={setPassword} autoComplete="current-password" isRequired autoFocus>
        <Label>{words.password}</Label>
        <Input className="input" />
      </TextField>
      {remove.isError && (
        <p className="field-error" role="alert">
          {problemText(remove.error, text).message}
        </p>
      )}
      <div className="dialog-foot">
        <Button onPress={onClose}>{text.app.cancel}</Button>
        <Button type="submit" look="primary" isDisabled={password === '' || remove.isPending}>
          {words.factorRemove}
        </Button>
      </div>
    </form>
  );
}

/** In fours, as people type. */
function grouped(secret: string): string {
  return secret.replaceAll(/(.{4})(?=.)/g, '$1 ');
}
