/// Making a token: what for, what it may do, where, until when; then its secret, shown this once.
import { useState, type FormEvent, type ReactNode } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import type { MadeToken } from '../../lib/client.people';
import { useSession } from '../../lib/context';
import { useText } from '../../lib/i18n/i18n';
import { problemText } from '../../lib/problem';
import { Button } from '../../ui/Button';
import { CopyButton } from '../../ui/CopyButton';
import { Notice } from '../../ui/Notice';
import { Overlay } from '../../ui/Overlay';
import { SiteGrant } from '../sensors/SiteGrant';
import { useAccountSend } from './useAccount';

/** A quarter. */
const DEFAULT_DAYS = 90;
const MOST_DAYS = 366;

export function TokenDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }): ReactNode {
  const { people: words } = useText();
  const [made, setMade] = useState<MadeToken | null>(null);
  const close = () => {
    setMade(null);
    onClose();
  };
  return (
    <Overlay title={words.tokenMake} isOpen={isOpen} onClose={close} isWide isHeld={made !== null}>
      {made === null ? <TokenForm onMade={setMade} onClose={close} /> : <Made made={made} onClose={close} />}
    </Overlay>
  );
}

function TokenForm(props: { onMade: (made: MadeToken) => void; onClose: () => void }): ReactNode {
  const text = useText();
  const { people: words } = text;
  const [name, setName] = useState('');
  const [typed, setTyped] = useState(String(DEFAULT_DAYS));
  const [rights, setRights] = useState<readonly string[]>([]);
  const [sites, setSites] = useState<readonly string[]>([]);
  const days = daysOf(typed);
  const make = useAccountSend(
    (client) => client.makeToken({ name, permissions: [...rights], sites: sites.length === 0 ? null : [...sites], days: days ?? DEFAULT_DAYS }),
    props.onMade,
  );
  const isReady = name.trim() !== '' && rights.length > 0 && days !== null && !make.isPending;
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady) make.mutate(undefined);
  };
  return (
    <form className="dialog-form" onSubmit={onSubmit}>
      <TextField className="field" value={name} onChange={setName} isRequired autoFocus>
        <Label>{words.tokenName}</Label>
        <Input className="input" maxLength={80} />
      </TextField>
      <p className="field-hint">{words.tokenNameHint}</p>
      <Rights chosen={rights} onChange={setRights} />
      <SiteGrant chosen={sites} onChange={setSites} />
      <p className="field-hint">{words.tokenSites}</p>
      <TextField className="field" value={typed} onChange={setTyped} isRequired>
        <Label>{words.tokenDays}</Label>
        <Input className="input" inputMode="numeric" maxLength={3} />
      </TextField>
      <p className={days === null ? 'field-error' : 'field-hint'}>{words.tokenDaysHint}</p>
      {make.isError && (
        <p className="field-error" role="alert">
          {problemText(make.error, text).message}
        </p>
      )}
      <div className="dialog-foot">
        <Button onPress={props.onClose}>{text.app.cancel}</Button>
        <Button type="submit" look="primary" isDisabled={!isReady}>
          {words.tokenMake}
        </Button>
      </div>
    </form>
  );
}

function Rights(props: { chosen: readonly string[]; onChange: (rights: string[]) => void }): ReactNode {
  const { people: words } = useText();
  const { permissions } = useSession();
  const flip = (right: string) =>
    props.onChange(props.chosen.includes(right) ? props.chosen.filter((held) => held !== right) : [...props.chosen, right]);
  return (
    <fieldset className="choices">
      <legend className="field-label">{words.tokenRights}</legend>
      <div className="account-rights">
        {permissions.map((right) => (
          <label key={right} className="check">
            <input type="checkbox" checked={props.chosen.includes(right)} onChange={() => flip(right)} />
            <span className="mono">{right}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function Made({ made, onClose }: { made: MadeToken; onClose: () => void }): ReactNode {
  const { people: words } = useText();
  return (
    <div className="dialog-form">
      <Notice tone="warn">
        <strong>{words.tokenOnce}</strong>
      </Notice>
      <p>{words.tokenUse}</p>
      <pre className="raw account-secret" tabIndex={0}>{`Authorization: Bearer ${made.secret}`}</pre>
      <div className="dialog-foot">
        <CopyButton value={made.secret} hasWord />
        <Button look="primary" onPress={onClose}>
          {words.tokenCopied}
        </Button>
      </div>
    </div>
  );
}

/** Whole days from 1 to 366. */
export function daysOf(typed: string): number | null {
  if (!/^\d{1,3}$/.test(typed.trim())) return null;
  const days = Number(typed);
  return days >= 1 && days <= MOST_DAYS ? days : null;
}
