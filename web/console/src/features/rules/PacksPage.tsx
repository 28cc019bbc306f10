/// Packs: what was imported together, bringing in another, and the one step back.
import { PackageOpen, Undo2 } from 'lucide-react';
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
import { useMayImport, usePacks, useRuleChange } from './useRules';
import './rules.css';
import './packs.css';

type Back = NonNullable<RulePacks['back']>;

export function PacksPage(): ReactNode {
  const { text } = useSpeech();
  const { data, error, dataUpdatedAt, refetch } = usePacks();
  const mayImport = useMayImport();
  const [isBacking, setBacking] = useState(false);
  const back = data?.back ?? null;
  useActions([
    {
      name: 'step-back',
      label: text.packs.back,
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
            <Undo2 size={14} aria-hidden="true" />
            {text.packs.back}
          </Button>
        )}
      </RulesTop>
      {back && <LastChange back={back} />}
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
      <span className="dim">{text.packs.last}</span> <Text value={back.what} />{' '}
      <span className="dim">
        <Text value={text.off.by(back.who, dateTime(back.at))} />
      </span>
    </p>
  );
}

function BackDialog(props: { back: Back; isOpen: boolean; onClose: () => void }): ReactNode {
  const text = useText();
  const toast = useToast();
  const { back } = props;
  const step = useRuleChange(
    (client, why: string) => client.stepBack(why),
    () => {
      toast({ message: text.packs.backed });
      props.onClose();
    },
  );
  return (
    <WhyDialog
      title={text.packs.backTitle}
      submit={text.packs.back}
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
        {text.packs.backWhat}
        <br />
        <strong>
          <Text value={back.what} />
        </strong>
        <br />
        <span className="dim">
          <Text value={text.off.by(back.who, dateTime(back.at))} />
        </span>
      </p>
      <p className="field-hint">{text.packs.backHint}</p>
    </WhyDialog>
  );
}
