/// Turning a rule on or off: everywhere or at sites, always with a reason.
import { useId, useState, type FormEvent, type ReactNode } from 'react';
import type { RuleDetail } from '../../lib/api';
import { useOwnSites, useSession } from '../../lib/context';
import { useText } from '../../lib/i18n/i18n';
import { problemText } from '../../lib/problem';
import { Button } from '../../ui/Button';
import { Overlay } from '../../ui/Overlay';
import { RuleTitle } from '../../ui/RuleTitle';
import { SiteBoxes } from '../../ui/SiteChoice';
import { useToast } from '../../ui/Toasts';
import { WhyField } from '../../ui/WhyDialog';
import { useRuleChange } from './useRules';

type Where = 'on' | 'everywhere' | 'some';

export function OffDialog(props: { rule: RuleDetail; isOpen: boolean; onClose: () => void }): ReactNode {
  const text = useText();
  return (
    <Overlay title={text.off.title} isOpen={props.isOpen} onClose={props.onClose}>
      {props.isOpen && <OffForm rule={props.rule} onClose={props.onClose} />}
    </Overlay>
  );
}

function OffForm({ rule, onClose }: { rule: RuleDetail; onClose: () => void }): ReactNode {
  const text = useText();
  const toast = useToast();
  const { all_sites: seesAll } = useSession();
  const own = useOwnSites();
  const { off } = rule;
  const [where, setWhere] = useState<Where>(off === null ? (seesAll ? 'everywhere' : 'some') : off.everywhere ? 'everywhere' : 'some');
  const [sites, setSites] = useState<readonly string[]>(() => off?.sites ?? []);
  const [why, setWhy] = useState('');
  // Others' sites stay as they are: only what the reader may name is sent.
  const named = own.map((site) => site.id).filter((id) => sites.includes(id));
  const turn = useRuleChange(
    (client) =>
      client.turnRule(rule.id, {
        everywhere: where === 'everywhere',
        sites: where === 'some' ? named : [],
        why: why.trim(),
      }),
    () => {
      toast({ message: where === 'on' ? text.off.doneOn : text.off.doneOff });
      onClose();
    },
  );
  const isLocked = off?.everywhere === true && !seesAll;
  const lacksSite = where === 'some' && named.length === 0;
  const isReady = why.trim() !== '' && !lacksSite && !isLocked && !turn.isPending;
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady) turn.mutate(undefined);
  };
  return (
    <form className="dialog-form" onSubmit={onSubmit}>
      <p>
        <strong>
          <RuleTitle rule={rule} />
        </strong>
      </p>
      <p className="field-hint">{isLocked ? text.off.lockedHint : text.off.hint}</p>
      {!isLocked && (
        <>
          <Places where={where} onWhere={setWhere} sites={sites} onSites={setSites} />
          {!seesAll && <p className="field-hint">{text.off.ownHint}</p>}
          {lacksSite && <p className="field-hint">{text.off.pickSite}</p>}
          <WhyField value={why} onChange={setWhy} />
        </>
      )}
      {turn.isError && (
        <p className="field-error" role="alert">
          {problemText(turn.error, text).message}
        </p>
      )}
      <div className="dialog-foot">
        <Button onPress={onClose}>{text.app.cancel}</Button>
        <Button type="submit" look="primary" isDisabled={!isReady}>
          {text.off.submit}
        </Button>
      </div>
    </form>
  );
}

function Places(props: {
  where: Where;
  onWhere: (where: Where) => void;
  sites: readonly string[];
  onSites: (sites: readonly string[]) => void;
}): ReactNode {
  const text = useText();
  const { all_sites: seesAll } = useSession();
  const name = useId();
  const choices: [Where, string][] = seesAll
    ? [['on', text.off.on], ['everywhere', text.off.everywhere], ['some', text.off.some]]
    : [['on', text.off.ownOn], ['some', text.off.some]];
  return (
    <fieldset className="choices">
      <legend className="field-label">{text.off.where}</legend>
      {choices.map(([id, label]) => (
        <label key={id} className="check">
          <input type="radio" name={name} checked={props.where === id} onChange={() => props.onWhere(id)} />
          {label}
        </label>
      ))}
      {props.where === 'some' && <SiteBoxes chosen={props.sites} onChange={props.onSites} />}
    </fieldset>
  );
}
