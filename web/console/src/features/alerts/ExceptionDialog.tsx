/// From a false alarm to an exception: the rule, where, which fields, why and how long, and what it
/// would have silenced while one edits it.
import { Plus } from 'lucide-react';
import { useMemo, useState, type FormEvent, type ReactNode } from 'react';
import { useNavigate } from 'react-router';
import type { Alert, ExceptionDraft } from '../../lib/api';
import { DEFAULT_EXPIRY, expiryAt, type Expiry } from '../../lib/expiry';
import { useText } from '../../lib/i18n/i18n';
import { problemText } from '../../lib/problem';
import { Bones } from '../../ui/Bones';
import { Button } from '../../ui/Button';
import { ExpiryChoice } from '../../ui/ExpiryChoice';
import { SeverityMark } from '../../ui/Marks';
import { Missing } from '../../ui/Missing';
import { Overlay } from '../../ui/Overlay';
import { RuleTitle } from '../../ui/RuleTitle';
import { SiteChoice, type Place } from '../../ui/SiteChoice';
import { useToast } from '../../ui/Toasts';
import { WhyField } from '../../ui/WhyDialog';
import { ConditionRow } from './ConditionRow';
import { conditionsOf, fieldsOf, matchesOf, type Condition } from './conditions';
import { ExceptionPreview } from './ExceptionPreview';
import { useAlert } from './useAlert';
import { useMakeException } from './useException';

export function ExceptionDialog(props: { alertId: string | null; onClose: () => void }): ReactNode {
  const text = useText();
  return (
    <Overlay title={text.exceptions.make} isOpen={props.alertId !== null} onClose={props.onClose} isWide>
      {props.alertId !== null && <Loaded id={props.alertId} onClose={props.onClose} />}
    </Overlay>
  );
}

/** The row of the queue does not know what matched: the alert itself does. */
function Loaded({ id, onClose }: { id: string; onClose: () => void }): ReactNode {
  const { data, error, refetch } = useAlert(id);
  if (data) return <ExceptionForm alert={data} onClose={onClose} />;
  if (error) return <Missing error={error} what="alert" onRetry={() => void refetch()} />;
  return <Bones rows={6} columns={['1fr', '2fr']} />;
}

function ExceptionForm({ alert: given, onClose }: { alert: Alert; onClose: () => void }): ReactNode {
  const text = useText();
  const toast = useToast();
  const navigate = useNavigate();
  // The alert may grow while one writes; what one chooses from must not move.
  const [alert] = useState(given);
  const [conditions, setConditions] = useState<readonly Condition[]>(() => conditionsOf(alert));
  const [place, setPlace] = useState<Place>({ everywhere: false, sites: [alert.site] });
  const [reason, setReason] = useState('');
  const [expiry, setExpiry] = useState<Expiry>(DEFAULT_EXPIRY);
  const draft = useMemo(() => draftOf(alert.rule.id, conditions, place), [alert, conditions, place]);
  const make = useMakeException(() => {
    toast({
      message: text.exceptions.made,
      action: { label: text.exceptions.see, perform: () => void navigate('/rules/exceptions') },
    });
    onClose();
  });
  const isReady = draft !== null && reason.trim() !== '' && expiryAt(expiry, Date.now()) !== null && !make.isPending;
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const expires = expiryAt(expiry, Date.now());
    if (isReady && expires !== null) make.mutate({ ...draft, reason: reason.trim(), expires, alert: alert.id });
  };
  return (
    <form className="dialog-form" onSubmit={onSubmit}>
      <p className="close-what">
        <SeverityMark level={alert.rule.level} />
        <RuleTitle rule={alert.rule} />
      </p>
      <Conditions alert={alert} conditions={conditions} onChange={setConditions} />
      <ExceptionPreview draft={draft} />
      <div className="except-terms">
        <SiteChoice
          label={text.exceptions.where}
          everywhere={text.exceptions.whereAll}
          some={text.exceptions.whereSome}
          value={place}
          onChange={setPlace}
        />
        <div className="except-why">
          <ExpiryChoice value={expiry} onChange={setExpiry} />
          <WhyField value={reason} onChange={setReason} />
        </div>
      </div>
      {make.isError && (
        <p className="field-error" role="alert">
          {problemText(make.error, text).message}
        </p>
      )}
      <div className="dialog-foot">
        <Button onPress={onClose}>{text.app.cancel}</Button>
        <Button type="submit" look="primary" isDisabled={!isReady}>
          {text.exceptions.make}
        </Button>
      </div>
    </form>
  );
}

function Conditions(props: {
  alert: Alert;
  conditions: readonly Condition[];
  onChange: (conditions: readonly Condition[]) => void;
}): ReactNode {
  const text = useText();
  const fields = useMemo(() => fieldsOf(props.alert), [props.alert]);
  const { conditions, onChange } = props;
  const add = () => {
    const key = `own-${String(conditions.length)}`;
    onChange([...conditions, { key, field: '', how: 'is', values: [''], isUsed: true, isOwn: true }]);
  };
  return (
    <fieldset className="choices">
      <legend className="field-label">{text.exceptions.match}</legend>
      <p className="field-hint">{text.exceptions.makeHint}</p>
      <ul className="conditions">
        {conditions.map((condition, at) => (
          <ConditionRow
            key={condition.key}
            condition={condition}
            fields={fields}
            onChange={(next) => onChange(conditions.with(at, next))}
          />
        ))}
      </ul>
      <span>
        <Button look="quiet" onPress={add}>
          <Plus size={13} aria-hidden="true" />
          {text.exceptions.addField}
        </Button>
      </span>
    </fieldset>
  );
}

/** Null while something is missing. */
function draftOf(rule: string, conditions: readonly Condition[], place: Place): ExceptionDraft | null {
  const match = matchesOf(conditions);
  if (match === null || (!place.everywhere && place.sites.length === 0)) return null;
  return { rule, sites: place.everywhere ? [] : [...place.sites], match };
}
