/// One list: what it is, its entries with who and when, and what one may do with it.
import { ArrowLeft, ListX, Plus } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { Link, useParams } from 'react-router';
import type { IntelEntryRow, IntelList } from '../../lib/api';
import { useSpeech } from '../../lib/i18n/i18n';
import { problemText } from '../../lib/problem';
import { useActions } from '../../lib/shortcuts';
import { Bones } from '../../ui/Bones';
import { Button } from '../../ui/Button';
import { FreshnessMark, SeverityMark } from '../../ui/Marks';
import { Failed, Screen } from '../../ui/Screen';
import { Text } from '../../ui/Text';
import { useToast } from '../../ui/Toasts';
import { AddDialog } from './AddDialog';
import { Entries } from './Entries';
import { useMayWrite } from './IntelPage';
import { Counts, HuntState, ListProblems } from './IntelTable';
import { RemoveDialog } from './RemoveDialog';
import { useIntel, useIntelChange } from './useIntel';
import './intel.css';

export function ListPage(): ReactNode {
  const { text } = useSpeech();
  const { id = '' } = useParams();
  const { data, error, refetch } = useIntel();
  if (data === undefined) {
    if (error) return <Failed error={error} onRetry={() => void refetch()} />;
    return <Bones rows={8} columns={['120px', '1fr', '120px', '160px', '1fr']} />;
  }
  const list = data.items.find((each) => each.id === id);
  if (list) return <Shown list={list} />;
  return (
    <Screen
      icon={ListX}
      title={text.intel.missingTitle}
      actions={
        <Link className="button" to="/intel">
          {text.intel.toLists}
        </Link>
      }
    >
      <p>{text.intel.missingText}</p>
    </Screen>
  );
}

function Shown({ list }: { list: IntelList }): ReactNode {
  const { text, language } = useSpeech();
  const toast = useToast();
  const mayWrite = useMayWrite();
  const [isAdding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<IntelEntryRow | null>(null);
  const turn = useIntelChange(
    (client) => client.changeIntelList(list.id, { enabled: !list.enabled }),
    () => toast({ message: list.enabled ? text.intel.turnedOff : text.intel.turnedOn }),
  );
  useActions([
    {
      name: 'intel-add',
      label: text.intel.add,
      group: text.action.group.page,
      keys: ['n'],
      perform: () => setAdding(true),
      isDisabled: !mayWrite,
    },
  ]);
  const name = language === 'en' ? list.name_en : list.name;
  return (
    <div className="intel">
      <title>{`${name} · ${text.app.name}`}</title>
      <header className="intel-head">
        <div>
          <p>
            <Link to="/intel" className="intel-back">
              <ArrowLeft size={13} aria-hidden="true" /> {text.intel.title}
            </Link>
          </p>
          <h1>
            <Text value={name} /> {!list.enabled && <span className="tag">{text.intel.off}</span>}
          </h1>
          {list.description !== '' && (
            <p className="dim">
              <Text value={list.description} />
            </p>
          )}
        </div>
        {mayWrite && (
          <div className="intel-tools">
            <Button onPress={() => turn.mutate(undefined)} isDisabled={turn.isPending}>
              {list.enabled ? text.intel.turnOff : text.intel.turnOn}
            </Button>
            <Button look="primary" shortcut="n" onPress={() => setAdding(true)}>
              <Plus size={15} aria-hidden="true" />
              {text.intel.add}
            </Button>
          </div>
        )}
      </header>
      {turn.isError && (
        <p className="field-error" role="alert">
          {problemText(turn.error, text).message}
        </p>
      )}
      <ListFacts list={list} />
      <Entries id={list.id} {...(mayWrite && { onRemove: setRemoving })} />
      <AddDialog list={list} isOpen={isAdding} onClose={() => setAdding(false)} />
      <RemoveDialog id={list.id} entry={removing} onClose={() => setRemoving(null)} />
    </div>
  );
}

function ListFacts({ list }: { list: IntelList }): ReactNode {
  const { text } = useSpeech();
  const facts: [string, ReactNode][] = [
    [text.intel.source, <Text key="source" value={list.source} />],
    [text.intel.level, <SeverityMark key="level" level={list.level} />],
    [text.intel.freshness, <FreshnessMark key="freshness" freshness={list.freshness} />],
    [text.intel.confidence, text.intel.percent(String(list.confidence))],
    [text.intel.validity, list.days === 0 ? text.intel.forEver : text.intel.days(String(list.days))],
    [text.intel.entries, <Counts key="counts" list={list} />],
    [text.intel.hunt, <HuntState key="hunt" hunt={list.hunt} />],
    [text.intel.problems, <ListProblems key="problems" list={list} />],
  ];
  return (
    <dl className="intel-facts">
      {facts.map(([name, shown]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{shown}</dd>
        </div>
      ))}
    </dl>
  );
}
