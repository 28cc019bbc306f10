/// What a person is trusted with, and where: the role in a sentence, all sites or some.
import type { ReactNode } from 'react';
import { useSession } from '../../lib/context';
import { useText } from '../../lib/i18n/i18n';
import { Choice } from '../../ui/Choice';
import { SiteGrant } from '../sensors/SiteGrant';

export const ROLES = ['viewer', 'analyst', 'admin'] as const;
export type RoleName = (typeof ROLES)[number];

export function RoleChoice(props: { value: RoleName; onChange: (role: RoleName) => void }): ReactNode {
  const text = useText();
  const { people: words } = text;
  return (
    <div className="field">
      <span className="field-label">{words.role}</span>
      <Choice
        label={words.role}
        value={props.value}
        options={ROLES.map((id) => ({ id, name: text.app.role[id] }))}
        onChange={(id) => props.onChange(ROLES.find((role) => role === id) ?? 'viewer')}
      />
      <p className="field-hint">{words.roleHint[props.value]}</p>
    </div>
  );
}

/** Null stands for all sites; who sees some grants some. */
export function Sites(props: { value: readonly string[] | null; onChange: (sites: readonly string[] | null) => void }): ReactNode {
  const { people: words } = useText();
  const { all_sites: seesAll } = useSession();
  return (
    <>
      {seesAll && (
        <div className="field">
          <span className="field-label">{words.sites}</span>
          <Choice
            label={words.sites}
            value={props.value === null ? 'all' : 'some'}
            options={[
              { id: 'all', name: words.allSites },
              { id: 'some', name: words.someSites },
            ]}
            onChange={(id) => props.onChange(id === 'all' ? null : [])}
          />
        </div>
      )}
      {props.value !== null && <SiteGrant chosen={props.value} onChange={props.onChange} />}
    </>
  );
}
