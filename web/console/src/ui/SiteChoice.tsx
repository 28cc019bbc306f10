/// Everywhere, or at some of the reader's sites. Who does not see all sites can only name his.
import { useId, type ReactNode } from 'react';
import { useOwnSites, useSession, useSites } from '../lib/context';
import { useText } from '../lib/i18n/i18n';

export interface Place {
  everywhere: boolean;
  sites: readonly string[];
}

export function SiteChoice(props: {
  label: string;
  everywhere: string;
  some: string;
  value: Place;
  onChange: (place: Place) => void;
}): ReactNode {
  const { value, onChange } = props;
  const mayAll = useSession().all_sites;
  const name = useId();
  return (
    <fieldset className="choices">
      <legend className="field-label">{props.label}</legend>
      {mayAll && (
        <>
          <label className="check">
            <input type="radio" name={name} checked={value.everywhere} onChange={() => onChange({ ...value, everywhere: true })} />
            {props.everywhere}
          </label>
          <label className="check">
            <input type="radio" name={name} checked={!value.everywhere} onChange={() => onChange({ ...value, everywhere: false })} />
            {props.some}
          </label>
        </>
      )}
      {!value.everywhere && <SiteBoxes chosen={value.sites} onChange={(sites) => onChange({ ...value, sites })} />}
    </fieldset>
  );
}

export function SiteBoxes(props: { chosen: readonly string[]; onChange: (sites: string[]) => void }): ReactNode {
  const text = useText();
  const own = useOwnSites();
  const { nameOf } = useSites();
  const { chosen } = props;
  if (own.length === 0) return <p className="field-hint">{text.sites.none}</p>;
  return (
    <div className="site-boxes" role="group" aria-label={text.sites.label}>
      {own.map(({ id }) => (
        <label key={id} className="check">
          <input
            type="checkbox"
            checked={chosen.includes(id)}
            onChange={(event) =>
              props.onChange(event.target.checked ? [...chosen, id] : chosen.filter((each) => each !== id))
            }
          />
          {nameOf(id)}
        </label>
      ))}
    </div>
  );
}
