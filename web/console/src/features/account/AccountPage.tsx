/// One's own account: password, second factor, open sessions, tokens for programs.
import { useState, type ReactNode } from 'react';
import { useText } from '../../lib/i18n/i18n';
import { Button } from '../../ui/Button';
import { PasswordDialog } from '../session/PasswordDialog';
import { SecondFactor } from './SecondFactor';
import { Sessions } from './Sessions';
import { Tokens } from './Tokens';
import './account.css';

export function AccountPage(): ReactNode {
  const text = useText();
  const [isChanging, setChanging] = useState(false);
  return (
    <div className="account">
      <title>{`${text.people.account} · ${text.app.name}`}</title>
      <header>
        <h1>{text.people.account}</h1>
        <p className="dim">{text.people.accountIntro}</p>
      </header>
      <section className="account-part">
        <h2>{text.people.password}</h2>
        <p>
          <Button onPress={() => setChanging(true)}>{text.app.changePassword}</Button>
        </p>
      </section>
      <SecondFactor />
      <Sessions />
      <Tokens />
      <PasswordDialog isOpen={isChanging} onClose={() => setChanging(false)} />
    </div>
  );
}
