/// The rooms of the console.
import { Activity, Bell, Database, FileCode, FolderOpen, MonitorSmartphone, RadioTower, ScrollText, Search, ShieldAlert, Siren, Users, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { NavLink } from 'react-router';
import { useSession } from '../lib/context';
import { useText, type Dictionary } from '../lib/i18n/i18n';

interface Place {
  to: string;
  icon: LucideIcon;
  name: keyof Dictionary['nav'];
  right: string;
}

const PLACES: readonly Place[] = [
  { to: '/alerts', icon: Bell, name: 'alerts', right: 'alerts.read' },
  { to: '/cases', icon: FolderOpen, name: 'cases', right: 'cases.read' },
  { to: '/incidents', icon: Siren, name: 'incidents', right: 'incidents.read' },
  { to: '/hunt', icon: Search, name: 'hunt', right: 'events.read' },
  { to: '/rules', icon: FileCode, name: 'rules', right: 'rules.read' },
  { to: '/intel', icon: ShieldAlert, name: 'intel', right: 'intel.read' },
  { to: '/sensors', icon: RadioTower, name: 'sensors', right: 'sensors.read' },
  { to: '/assets', icon: MonitorSmartphone, name: 'assets', right: 'assets.read' },
  { to: '/sources', icon: Database, name: 'sources', right: 'sources.read' },
  { to: '/users', icon: Users, name: 'users', right: 'users.read' },
  { to: '/audit', icon: ScrollText, name: 'audit', right: 'audit.read' },
  { to: '/health', icon: Activity, name: 'health', right: 'health.read' },
];

export function Rail(): ReactNode {
  const text = useText();
  const { permissions } = useSession();
  return (
    <nav className="rail" aria-label={text.nav.label}>
      {PLACES.filter((place) => permissions.includes(place.right)).map((place) => (
        <NavLink key={place.to} to={place.to} className="rail-link">
          <place.icon size={20} strokeWidth={1.6} aria-hidden="true" />
          <span>{text.nav[place.name]}</span>
        </NavLink>
      ))}
    </nav>
  );
}
