/// Taking an exception away: the rule raises alerts for its events again.
import type { ReactNode } from 'react';
import type { RuleException } from '../../lib/api';
import { useText } from '../../lib/i18n/i18n';
import { RuleTitle } from '../../ui/RuleTitle';
import { useToast } from '../../ui/Toasts';
import { WhyDialog } from '../../ui/WhyDialog';
import { Matches } from './Matches';
import { useRuleChange } from './useRules';

export function RemoveDialog(props: { exception: RuleException | null; onClose: () => void }): ReactNode {
  const text = useText();
  const toast = useToast();
  const { exception, onClose } = props;
  const remove = useRuleChange(
    (client, why: string) => client.removeException(exception?.id ?? '', why),
    () => {
      toast({ message: text.exceptions.removed });
      onClose();
    },
  );
  return (
    <WhyDialog
      title={text.exceptions.remove}
      isOpen={exception !== null}
      isPending={remove.isPending}
      error={remove.error}
      onSubmit={(why) => remove.mutate(why)}
      onClose={() => {
        remove.reset();
        onClose();
      }}
    >
      {exception && (
        <>
          <p>
            {exception.rules.length === 0 ? text.exceptions.everyRule : <RuleTitle rule={exception.rule} />}
          </p>
          <Matches exception={exception} />
        </>
      )}
      <p className="field-hint">{text.exceptions.removeHint}</p>
    </WhyDialog>
  );
}
