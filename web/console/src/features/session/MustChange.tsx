/// A password that somebody else set: nothing is shown before it is changed.
import { useQueryClient } from '@tanstack/react-query';
import { KeyRound } from 'lucide-react';
import type { ReactNode } from 'react';
import { useNavigate } from 'react-router';
import { useText } from '../../lib/i18n/i18n';
import { Screen } from '../../ui/Screen';
import { PasswordForm } from './PasswordDialog';
import './session.css';

export function MustChange(): ReactNode {
  const { people: words } = useText();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  // The centre ends every session of the person with the old password.
  const onDone = () => {
    queryClient.clear();
    void navigate('/sign-in', { replace: true });
  };
  return (
    <div className="whole">
      <Screen icon={KeyRound} title={words.mustChangeTitle}>
        <p>{words.mustChangeText}</p>
        <PasswordForm onClose={onDone} />
      </Screen>
    </div>
  );
}
