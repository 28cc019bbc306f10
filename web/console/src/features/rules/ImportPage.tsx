/// The preview of an import: what it would change, how loud it is on our own events, and the decision.
import { ArrowLeft } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import type { RuleImport } from '../../lib/api';
import { number } from '../../lib/format';
import { useSpeech, useText } from '../../lib/i18n/i18n';
import { problemText } from '../../lib/problem';
import { Bones } from '../../ui/Bones';
import { Button } from '../../ui/Button';
import { Missing } from '../../ui/Missing';
import { StaleNotice } from '../../ui/Notice';
import { Text } from '../../ui/Text';
import { useToast } from '../../ui/Toasts';
import { WhyDialog } from '../../ui/WhyDialog';
import { figuresOf, offIds, type Choices } from './imported';
import { ImportFacts } from './ImportFacts';
import { ImportItems } from './ImportItems';
import { ImportRefused } from './ImportRefused';
import { Trial } from './Trial';
import { useImport, useMayImport, useRuleChange } from './useRules';
import './rules.css';
import './rule.css';
import './packs.css';

export function ImportPage(): ReactNode {
  const { id = '' } = useParams();
  const { data, error, dataUpdatedAt, refetch } = useImport(id);
  if (data === undefined) {
    if (error) return <Missing error={error} what="import" onRetry={() => void refetch()} />;
    return <Bones rows={8} columns={['60px', '2fr', '120px', '100px', '100px']} />;
  }
  return (
    <>
      {error && <StaleNotice asOf={dataUpdatedAt} onRetry={() => void refetch()} />}
      <Shown key={data.id} made={data} />
    </>
  );
}

function Shown({ made }: { made: RuleImport }): ReactNode {
  const { text, language } = useSpeech();
  const mayImport = useMayImport();
  const [choices, setChoices] = useState<Choices>(new Map());
  const off = offIds(made.items, choices);
  return (
    <div className="rules">
      <title>{`${text.imports.title(made.pack)} · ${text.app.name}`}</title>
      <header className="rule-top">
        <div>
          <p>
            <Link to="/rules/packs" className="rule-back">
              <ArrowLeft size={13} aria-hidden="true" /> {text.imports.crumb}
            </Link>
          </p>
          <h1>
            <Text value={text.imports.title(made.pack)} />
          </h1>
          <p className="dim">
            <span className="mono">
              <Text value={made.source} mayBreak />
            </span>{' '}
            · {text.imports.files(number(made.files, language))}
          </p>
          <p>{text.imports.notYet}</p>
        </div>
        {mayImport && <Decide made={made} off={off} />}
      </header>
      <Trial made={made} />
      <ImportFacts made={made} />
      <ImportRefused made={made} />
      {made.items.length === 0 ? (
        <p className="dim">{made.counts.unchanged === 0 ? text.imports.unusable : text.imports.unchanged}</p>
      ) : (
        <ImportItems
          items={made.items}
          figures={figuresOf(made.preview)}
          choices={choices}
          onChoose={setChoices}
          canChoose={mayImport}
          off={off.length}
        />
      )}
    </div>
  );
}

function Decide({ made, off }: { made: RuleImport; off: readonly string[] }): ReactNode {
  const { text, language } = useSpeech();
  const navigate = useNavigate();
  const toast = useToast();
  const [isApplying, setApplying] = useState(false);
  const isUseless = made.items.length === 0 && made.counts.unchanged === 0;
  const leave = (message: string) => {
    toast({ message });
    void navigate('/rules/packs');
  };
  const apply = useRuleChange(
    (client, why: string) => client.applyImport(made.id, { off: [...off], why }),
    () => leave(text.imports.applied),
  );
  const drop = useRuleChange(
    (client) => client.dropImport(made.id),
    () => leave(text.imports.discarded),
  );
  return (
    <div className="decide">
      <div className="rules-tools">
        <Button look="primary" isDisabled={isUseless} onPress={() => setApplying(true)}>
          {text.imports.apply}
        </Button>
        <Button isDisabled={drop.isPending} onPress={() => drop.mutate(undefined)}>
          {text.imports.discard}
        </Button>
      </div>
      {drop.isError && <Problem error={drop.error} />}
      <WhyDialog
        title={text.imports.applyTitle}
        submit={text.imports.apply}
        isOpen={isApplying}
        isPending={apply.isPending}
        error={apply.error}
        onSubmit={(why) => apply.mutate(why)}
        onClose={() => {
          apply.reset();
          setApplying(false);
        }}
      >
        <p>{text.imports.applyHint(number(made.items.length, language), number(off.length, language))}</p>
        {made.preview.state === 'running' && <p className="field-error">{text.imports.applyEarly}</p>}
      </WhyDialog>
    </div>
  );
}

function Problem({ error }: { error: Error }): ReactNode {
  const text = useText();
  return (
    <p className="field-error" role="alert">
      {problemText(error, text).message}
    </p>
  );
}
