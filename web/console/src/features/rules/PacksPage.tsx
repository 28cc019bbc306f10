/// Packs: what was imported together, bringing in another, and the one step back.
import { PackageOpen, Redo2, Undo2 } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import type { RulePacks } from '../../lib/api';
import { dateTime } from '../../lib/format';
import { useSpeech, useText } from '../../lib/i18n/i18n';
import { useActions } from '../../lib/shortcuts';
import { Bones } from '../../ui/Bones';
import { Button } from '../../ui/Button';
import { StaleNotice } from '../../ui/Notice';
import { Failed, Screen } from '../../ui/Screen';
import { Text } from '../../ui/Text';
import { useToast } from '../../ui/Toasts';
import { WhyDialog } from '../../ui/WhyDialog';
import { ImportBox } from './ImportBox';
import { PackTable } from './PackTable';
import { RulesTop } from './RulesTop';
import { changeText, isUndone, undoneChange } from './told';
import { useMayImport, usePacks, useRuleChange } from './useRules';
import { WaitingImports } from './WaitingImports';
import './rules.css';
import './packs.css';

type Back = NonNullable<RulePacks['back']>;

export function PacksPage(): ReactNode {
  const { text } = useSpeech();
  const { data, error, dataUpdatedAt, refetch } = usePacks();
  const mayImport = useMayImport();
  const [isBacking, setBacking] = useState(false);
  const back = data?.back ?? null;
  const isRedo = back !== null && isUndone(back.what);
  const step = isRedo ? text.packs.redo : text.packs.back;
  useActions([
    {
      name: 'step-back',
      label: step,
      group: text.action.group.rules,
      keys: [],
      perform: () => setBacking(true),
      isDisabled: !mayImport || back === null,
    },
  ]);
  return (
    <div className="rules">
      <title>{`${text.packs.title} · ${text.app.name}`}</title>
      {error && data && <StaleNotice asOf={dataUpdatedAt} onRetry={() => void refetch()} />}
      <RulesTop title={text.packs.title} intro={text.packs.intro}>
        {mayImport && back && (
          <Button onPress={() => setBacking(true)}>
            {isRedo ? <Redo2 size={14} aria-hidden="true" /> : <Undo2 size={14} aria-hidden="true" />}
            {step}
          </Button>
        )}
      </RulesTop>
      {back && <LastChange back={back} />}
      {mayImport && <WaitingImports />}
      {mayImport ? <ImportBox /> : <p className="dim">{text.packs.noWrite}</p>}
      <Content data={data} error={error} onRetry={() => void refetch()} />
      {back && <BackDialog back={back} isOpen={isBacking} onClose={() => setBacking(false)} />}
    </div>
  );
}

function Content(props: { data: RulePacks | undefined; error: Error | null; onRetry: () => void }): ReactNode {
  const text = useText();
  if (props.data === undefined) {
    if (props.error) return <Failed error={props.error} onRetry={props.onRetry} />;
    return <Bones rows={4} columns={['1fr', '1fr', '160px', '160px', '80px']} />;
  }
  if (props.data.items.length === 0) {
    return (
      <Screen icon={PackageOpen} title={text.packs.emptyTitle}>
        <p>{text.packs.emptyText}</p>
      </Screen>
    );
  }
  return <PackTable packs={props.data.items} />;
}

function LastChange({ back }: { back: Back }): ReactNode {
  const text = useText();
  return (
    <p className="packs-last">
      <span className="dim">{text.packs.last}</span> <Text value={changeText(back.what, text)} />
      <span className="dim">
        {' · '}
        <Text value={text.off.by(back.who, dateTime(back.at))} />
      </span>
    </p>
  );
}

function BackDialog(props: { back: Back; isOpen: boolean; onClose: () => void }): ReactNode {
  const text = useText();
  const toast = useToast();
  const { back } = props;
  const isRedo = isUndone(back.what);
  const { packs } = text;
  const step = useRuleChange(
    (client, why: string) => client.stepBack(why),
    () => {
      toast({ message: isRedo ? packs.redone : packs.backed });
      props.onClose();
    },
  );
  return (
    <WhyDialog
      title={isRedo ? packs.redoTitle : packs.backTitle}
      submit={isRedo ? packs.redo : packs.back}
      isOpen={props.isOpen}
      isPending={step.isPending}
      error={step.error}
      onSubmit={(why) => step.mutate(why)}
      onClose={() => {
        step.reset();
        props.onClose();
      }}
    >
      <p>
        {isRedo ? packs.redoWhat : packs.backWhat}
        <br />
        <strong>
          <Text value={changeText(undoneChange(back.what), text)} />
        </strong>
        <br />
        <span className="dim">
          <Text value={text.off.by(back.who, dateTime(back.at))} />
        </span>
      </p>
      <p className="field-hint">{isRedo ? packs.redoHint : packs.backHint}</p>
    </WhyDialog>
  );
}
