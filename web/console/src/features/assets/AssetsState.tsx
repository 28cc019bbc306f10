/// What stands where the rows would: loading, failed, the first step, nothing confirmed yet, a filter that meets nothing.
import { MonitorSmartphone, Plus, SearchX, Upload } from 'lucide-react';
import type { ReactNode } from 'react';
import { number } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { Bones } from '../../ui/Bones';
import { Button } from '../../ui/Button';
import { Failed, Screen } from '../../ui/Screen';
import { isNarrowed, type AssetFilter, type Tab } from './filter';
import type { Assets } from './useAssets';

export function AssetsState(props: {
  assets: Assets;
  filter: AssetFilter;
  mayWrite: boolean;
  onClear: () => void;
  onTab: (tab: Tab) => void;
  onAdd: () => void;
  onImport: () => void;
  children: ReactNode;
}): ReactNode {
  const { text, language } = useSpeech();
  const words = text.assets;
  const { assets, filter } = props;
  if (assets.isLoading) {
    if (assets.error) return <Failed error={assets.error} onRetry={assets.retry} />;
    return <Bones rows={12} columns={['20px', '140px', '1fr', '110px', '160px', '150px', '110px', '110px', '100px']} height={44} />;
  }
  if (assets.rows.length > 0) return props.children;
  if (isNarrowed(filter)) {
    return (
      <Screen icon={SearchX} title={words.emptyFilterTitle} actions={<Button onPress={props.onClear}>{words.clear}</Button>}>
        <p>{words.emptyFilterText}</p>
      </Screen>
    );
  }
  const { proposed = 0, confirmed = 0, dismissed = 0 } = assets.counts ?? {};
  if (filter.tab !== 'proposed' && proposed > 0) {
    return (
      <Screen
        icon={MonitorSmartphone}
        title={words.emptyTab}
        actions={<Button look="primary" onPress={() => props.onTab('proposed')}>{words.toProposed(number(proposed, language))}</Button>}
      >
        <p>{words.proposedText}</p>
      </Screen>
    );
  }
  if (proposed + confirmed + dismissed > 0) {
    return (
      <Screen icon={MonitorSmartphone} title={filter.tab === 'proposed' ? words.noneProposed : words.emptyTab}>
        <p>{filter.tab === 'proposed' ? words.noneProposedText : words.emptyTabText}</p>
      </Screen>
    );
  }
  return (
    <Screen
      icon={MonitorSmartphone}
      title={words.emptyTitle}
      {...(props.mayWrite && {
        actions: (
          <>
            <Button look="primary" onPress={props.onImport}>
              <Upload size={14} aria-hidden="true" />
              {words.import}
            </Button>
            <Button onPress={props.onAdd}>
              <Plus size={14} aria-hidden="true" />
              {words.add}
            </Button>
          </>
        ),
      })}
    >
      <p>{words.emptyText}</p>
      {!props.mayWrite && <p>{words.emptyAsk}</p>}
    </Screen>
  );
}
