/// Lets a page through to those who may read it. The centre checks as well; this only explains.
import { Lock } from 'lucide-react';
import type { ReactNode } from 'react';
import { Outlet } from 'react-router';
import { useMay, useSession } from '../lib/context';
import { useText } from '../lib/i18n/i18n';
import { Screen } from '../ui/Screen';

export function Right({ to }: { to: string }): ReactNode {
  const text = useText();
  const { user } = useSession();
  const may = useMay(to);
  if (may) return <Outlet />;
  return (
    <Screen icon={Lock} title={text.screens.noRightsTitle}>
      <p>{text.screens.noRightsText(user)}</p>
      <p className="mono dim">{to}</p>
    </Screen>
  );
}
