/// When it ends: in 7, 30 or 90 days, or on a date.
import { useId, type ReactNode } from 'react';
import { useNow } from '../lib/clock';
import { EXPIRY_DAYS, expiryAt, type Expiry } from '../lib/expiry';
import { dateTime } from '../lib/format';
import { useText } from '../lib/i18n/i18n';

export function ExpiryChoice(props: { value: Expiry; onChange: (expiry: Expiry) => void }): ReactNode {
  const text = useText();
  const { value, onChange } = props;
  const name = useId();
  const at = expiryAt(value, useNow());
  const isBad = value.days === null && value.date.trim() !== '' && at === null;
  return (
    <fieldset className="choices">
      <legend className="field-label">{text.expiry.label}</legend>
      <div className="expiry">
        {EXPIRY_DAYS.map((days) => (
          <label key={days} className="check">
            <input type="radio" name={name} checked={value.days === days} onChange={() => onChange({ ...value, days })} />
            {text.expiry.days(String(days))}
          </label>
        ))}
        <label className="check">
          <input type="radio" name={name} checked={value.days === null} onChange={() => onChange({ ...value, days: null })} />
          {text.expiry.date}
        </label>
        {value.days === null && (
          <input
            className="input mono expiry-date"
            aria-label={text.expiry.dateLabel}
            aria-invalid={isBad}
            placeholder="31/12/2026"
            value={value.date}
            onChange={(event) => onChange({ days: null, date: event.target.value })}
          />
        )}
      </div>
      <p className={isBad ? 'field-error' : 'field-hint'}>
        {isBad ? text.expiry.bad : at === null ? text.expiry.format : text.expiry.until(dateTime(at))}
      </p>
    </fieldset>
  );
}
