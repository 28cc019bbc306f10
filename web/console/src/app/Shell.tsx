/// The frame around every page: banner, bars, rail, top bar, and the keys that work everywhere.
import { Suspense, useState, type ReactNode } from 'react';
import { Outlet, useNavigate } from 'react-router';
import { useMay, useSession } from '../lib/context';
import { useText } from '../lib/i18n/i18n';
import { useActions } from '../lib/shortcuts';
import { Exercise } from '../ui/Exercise';
import { HealthBar } from './HealthBar';
import { KeyHelp } from './KeyHelp';
import { LiveBar } from './LiveBar';
import { Palette } from './Palette';
import { Rail } from './Rail';
import { TopBar } from './TopBar';
import './shell.css';

type Open = 'help' | 'palette' | null;

export function Shell(): ReactNode {
  const text = useText();
  const session = useSession();
  const mayRules = useMay('rules.read');
  const maySensors = useMay('sensors.read');
  const mayAssets = useMay('assets.read');
  const mayIncidents = useMay('incidents.read');
  const mayUsers = useMay('users.read');
  const mayAudit = useMay('audit.read');
  const navigate = useNavigate();
  const [open, setOpen] = useState<Open>(null);
  const group = text.action.group.all;
  const go = (name: string, label: string, path: string) => ({
    name,
    label,
    group: text.action.group.page,
    keys: [],
    perform: () => void navigate(path),
  });
  useActions([
    { name: 'palette', label: text.action.palette, group, keys: ['mod+k'], perform: () => setOpen('palette') },
    { name: 'help', label: text.action.help, group, keys: ['?'], perform: () => setOpen('help') },
    go('go-alerts', text.nav.alerts, '/alerts'),
    { ...go('go-incidents', text.nav.incidents, '/incidents'), isDisabled: !mayIncidents },
    go('go-hunt', text.nav.hunt, '/hunt'),
    ...[
      ['go-rules', text.nav.rules, '/rules'],
      ['go-attack', text.attack.title, '/rules/attack'],
      ['go-exceptions', text.exceptions.title, '/rules/exceptions'],
      ['go-packs', text.packs.title, '/rules/packs'],
    ].map(([name = '', label = '', path = '']) => ({ ...go(name, label, path), isDisabled: !mayRules })),
    go('go-intel', text.nav.intel, '/intel'),
    { ...go('go-sensors', text.nav.sensors, '/sensors'), isDisabled: !maySensors },
    { ...go('go-assets', text.nav.assets, '/assets'), isDisabled: !mayAssets },
    go('go-account', text.people.account, '/account'),
    { ...go('go-users', text.people.users, '/users'), isDisabled: !mayUsers },
    { ...go('go-audit', text.people.audit, '/audit'), isDisabled: !mayAudit },
    go('go-sources', text.nav.sources, '/sources'),
    go('go-health', text.nav.health, '/health'),
  ]);
  return (
    <div className="shell">
      <a className="skip" href="#content">
        {text.nav.skip}
      </a>
      {session.exercise && <Exercise />}
      <TopBar onPalette={() => setOpen('palette')} onHelp={() => setOpen('help')} />
      <HealthBar />
      <LiveBar />
      <div className="shell-body">
        <Rail />
        <main id="content" className="shell-main" tabIndex={-1}>
          <Suspense>
            <Outlet />
          </Suspense>
        </main>
      </div>
      <KeyHelp isOpen={open === 'help'} onClose={() => setOpen(null)} />
      <Palette isOpen={open === 'palette'} onClose={() => setOpen(null)} />
    </div>
  );
}
