/// What stands over every page about rules: its name, the way to the others, what one can do here.
import type { ReactNode } from 'react';
import { NavLink } from 'react-router';
import { useText } from '../../lib/i18n/i18n';

export function RulesTop(props: { title: string; intro?: ReactNode; children?: ReactNode }): ReactNode {
  const text = useText();
  const places = [
    { to: '/rules', name: text.rules.list },
    { to: '/rules/attack', name: text.rules.attack },
    { to: '/rules/exceptions', name: text.rules.exceptions },
    { to: '/rules/packs', name: text.rules.packs },
  ];
  return (
    <header className="rules-top">
      <div className="rules-name">
        <h1>{props.title}</h1>
        <nav className="rules-nav" aria-label={text.rules.nav}>
          {places.map((place) => (
            <NavLink key={place.to} to={place.to} end className="tab">
              {place.name}
            </NavLink>
          ))}
        </nav>
        {props.children !== undefined && <div className="rules-tools">{props.children}</div>}
      </div>
      {props.intro !== undefined && <div className="dim">{props.intro}</div>}
    </header>
  );
}
