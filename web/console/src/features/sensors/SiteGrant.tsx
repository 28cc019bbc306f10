/// Which sites a sensor may deliver for, chosen in the tree: an area stands for all in it.
import { useMemo, useState, type ReactNode } from 'react';
import { useOwnSites, useSession, useSites } from '../../lib/context';
import { folded } from '../../lib/fold';
import { useText } from '../../lib/i18n/i18n';
import { grantRows, isCovered, toggled } from './grant';

/** A list of this length is read without a filter. */
const SHORT = 12;

export function SiteGrant(props: { chosen: readonly string[]; onChange: (sites: string[]) => void }): ReactNode {
  const text = useText();
  const { chosen, onChange } = props;
  const { sites, nameOf } = useSites();
  const own = useOwnSites();
  const { all_sites: seesAll } = useSession();
  const [typed, setTyped] = useState('');
  const rows = useMemo(
    () => grantRows(sites, seesAll ? null : new Set(own.map((site) => site.id))),
    [sites, own, seesAll],
  );
  const known = new Set(sites.map((site) => site.id));
  const wanted = folded(typed.trim());
  const shown = rows.filter(({ id }) => wanted === '' || folded(`${id} ${nameOf(id)}`).includes(wanted));
  const flip = (id: string) => onChange(toggled(id, chosen, sites));
  return (
    <fieldset className="choices">
      <legend className="field-label">{text.sensors.grant}</legend>
      {rows.length > SHORT && (
        <input
          className="input"
          type="search"
          aria-label={text.sensors.grantFind}
          placeholder={text.sensors.grantFind}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      )}
      {rows.length === 0 && <p className="field-hint">{text.sites.none}</p>}
      {rows.length > 0 && shown.length === 0 && <p className="field-hint">{text.sensors.grantNoMatch}</p>}
      <div className="grant" role="group" aria-label={text.sensors.grant}>
        {shown.map(({ id, depth }) => {
          const covered = isCovered(id, chosen, sites);
          return (
            <label key={id} className="check" style={{ paddingLeft: `${wanted === '' ? depth * 18 : 0}px` }}>
              <input type="checkbox" checked={covered || chosen.includes(id)} disabled={covered} onChange={() => flip(id)} />
              {nameOf(id)}
            </label>
          );
        })}
        {chosen
          .filter((id) => !known.has(id))
          .map((id) => (
            <label key={id} className="check">
              <input type="checkbox" checked onChange={() => flip(id)} />
              {text.sensors.gone(id)}
            </label>
          ))}
      </div>
      <p className="field-hint">{chosen.length === 0 ? text.sensors.grantNone : seesAll && text.sensors.grantHint}</p>
    </fieldset>
  );
}
