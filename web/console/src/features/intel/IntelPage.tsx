/// The lists of known-bad values: what is looked for, how fresh it is, who changed it when.
import { ListPlus, ShieldOff } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import type { IntelList } from '../../lib/api';
import { useMay, useSession } from '../../lib/context';
import { bytes, number } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { useActions } from '../../lib/shortcuts';
import { Bones } from '../../ui/Bones';
import { Button } from '../../ui/Button';
import { StaleNotice } from '../../ui/Notice';
import { Failed, Screen } from '../../ui/Screen';
import { IntelTable } from './IntelTable';
import { NewListDialog } from './NewListDialog';
import { useIntel } from './useIntel';
import './intel.css';

export function IntelPage(): ReactNode {
  const { text, language } = useSpeech();
  const { data, error, dataUpdatedAt, refetch } = useIntel();
  const mayWrite = useMayWrite();
  const [isMaking, setMaking] = useState(false);
  useActions([
    {
      name: 'intel-make',
      label: text.intel.make,
      group: text.action.group.page,
      keys: ['n'],
      perform: () => setMaking(true),
      isDisabled: !mayWrite,
    },
  ]);
  return (
    <div className="intel">
      <title>{`${text.intel.title} · ${text.app.name}`}</title>
      {error && data && <StaleNotice asOf={dataUpdatedAt} onRetry={() => void refetch()} />}
      <header className="intel-head">
        <div>
          <h1>{text.intel.title}</h1>
          <p className="dim">{text.intel.intro}</p>
          {data && data.items.length > 0 && (
            <p className="intel-sum">
              <strong>{text.intel.total(number(data.items.length, language), number(data.entries, language))}</strong>
              <span className="dim">{text.intel.memory(bytes(data.bytes, language))}</span>
            </p>
          )}
        </div>
        {mayWrite && (
          <Button look="primary" shortcut="n" onPress={() => setMaking(true)}>
            <ListPlus size={15} aria-hidden="true" />
            {text.intel.make}
          </Button>
        )}
      </header>
      <Content data={data?.items} error={error} onRetry={() => void refetch()} />
      <NewListDialog isOpen={isMaking} onClose={() => setMaking(false)} />
    </div>
  );
}

/** Lists hold for all sites: who changes them sees all of them. */
export function useMayWrite(): boolean {
  const may = useMay('intel.write');
  return useSession().all_sites && may;
}

function Content(props: {
  data: readonly IntelList[] | undefined;
  error: Error | null;
  onRetry: () => void;
}): ReactNode {
  const { text } = useSpeech();
  if (props.data === undefined) {
    if (props.error) return <Failed error={props.error} onRetry={props.onRetry} />;
    return <Bones rows={6} columns={['1fr', '1fr', '120px', '160px', '160px', '1fr']} />;
  }
  if (props.data.length === 0) {
    return (
      <Screen icon={ShieldOff} title={text.intel.emptyTitle}>
        <p>{text.intel.emptyText}</p>
      </Screen>
    );
  }
  return <IntelTable lists={props.data} />;
}
