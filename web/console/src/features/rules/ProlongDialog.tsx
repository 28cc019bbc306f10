/// A new end for an exception, and whether its reason still holds.
import { useState, type FormEvent, type ReactNode } from 'react';
import type { RuleException } from '../../lib/api';
import { DEFAULT_EXPIRY, expiryAt, type Expiry } from '../../lib/expiry';
import { useText } from '../../lib/i18n/i18n';
import { problemText } from '../../lib/problem';
import { Button } from '../../ui/Button';
import { ExpiryChoice } from '../../ui/ExpiryChoice';
import { Overlay } from '../../ui/Overlay';
import { RuleTitle } from '../../ui/RuleTitle';
import { useToast } from '../../ui/Toasts';
import { WhyField } from '../../ui/WhyDialog';
import { Matches } from './Matches';
import { useRuleChange } from './useRules';

export function ProlongDialog(props: { exception: RuleException | null; onClose: () => void }): ReactNode {
  const text = useText();
  return (
    <Overlay title={text.exceptions.prolongTitle} isOpen={props.exception !== null} onClose={props.onClose}>
      {props.exception && <ProlongForm exception={props.exception} onClose={props.onClose} />}
    </Overlay>
  );
}

function ProlongForm({ exception, onClose }: { exception: RuleException; onClose: () => void }): ReactNode {
  const text = useText();
  const toast = useToast();
  const [expiry, setExpiry] = useState<Expiry>(DEFAULT_EXPIRY);
  const [reason, setReason] = useState(exception.reason);
  const change = useRuleChange(
    (client, expires: string) => client.changeException(exception.id, { expires, reason: reason.trim() }),
    () => {
      toast({ message: text.exceptions.prolonged });
      onClose();
    },
  );
  const isReady = reason.trim() !== '' && expiryAt(expiry, Date.now()) !== null && !change.isPending;
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const expires = expiryAt(expiry, Date.now());
    if (isReady && expires !== null) change.mutate(expires);
  };
  return (
    <form className="dialog-form" onSubmit={onSubmit}>
      <p>
        {exception.rules.length === 0 ? text.exceptions.everyRule : <RuleTitle rule={exception.rule} />}
      </p>
      <Matches exception={exception} />
      <ExpiryChoice value={expiry} onChange={setExpiry} />
      <WhyField value={reason} onChange={setReason} />
      {change.isError && (
        <p className="field-error" role="alert">
          {problemText(change.error, text).message}
        </p>
      )}
      <div className="dialog-foot">
        <Button onPress={onClose}>{text.app.cancel}</Button>
        <Button type="submit" look="primary" isDisabled={!isReady}>
          {text.exceptions.prolong}
        </Button>
      </div>
    </form>
  );
}
