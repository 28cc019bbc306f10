/// Which sources are alive, all or those of one sensor. No alerts is not no data: this page tells the difference.
import { DatabaseZap, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { useSearchParams } from 'react-router';
import type { Source } from '../../lib/api';
import { number } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { Bones } from '../../ui/Bones';
import { Button } from '../../ui/Button';
import { FreshnessMark } from '../../ui/Marks';
import { StaleNotice } from '../../ui/Notice';
import { Failed, Screen } from '../../ui/Screen';
import { Text } from '../../ui/Text';
import { SourceTable } from './SourceTable';
import { useSources } from './useSources';
import './sources.css';

const FRESHNESSES = ['fresh', 'late', 'stale', 'never'] as const;

export function SourcesPage(): ReactNode {
  const { text, language } = useSpeech();
  const { data, error, dataUpdatedAt, refetch } = useSources();
  const [params, setParams] = useSearchParams();
  const sensor = params.get('sensor') ?? '';
  const items = data?.items.filter((source) => sensor === '' || source.sensor === sensor);
  const drop = () =>
    setParams((last) => {
      last.delete('sensor');
      return last;
    });
  return (
    <div className="sources">
      <title>{`${text.sources.title} · ${text.app.name}`}</title>
      {error && data && <StaleNotice asOf={dataUpdatedAt} onRetry={() => void refetch()} />}
      <header>
        <h1>{text.sources.title}</h1>
        <p className="dim">{text.sources.intro}</p>
        {items && items.length > 0 && (
          <p className="sources-sum">
            <strong>{text.sources.total(number(items.length, language))}</strong>
            {FRESHNESSES.map((name) => (
              <span key={name} className="sources-count">
                <FreshnessMark freshness={name} /> {countOf(items, name)}
              </span>
            ))}
          </p>
        )}
        {sensor !== '' && (
          <p>
            <Button look="quiet" aria-label={text.sources.dropSensor(sensor)} onPress={drop}>
              <span>
                <Text value={text.sources.ofSensor(sensor)} />
              </span>
              <X size={13} aria-hidden="true" />
            </Button>
          </p>
        )}
      </header>
      <Content data={items} isOfSensor={sensor !== ''} error={error} onRetry={() => void refetch()} />
    </div>
  );
}

function Content(props: {
  data: readonly Source[] | undefined;
  isOfSensor: boolean;
  error: Error | null;
  onRetry: () => void;
}): ReactNode {
  const { text } = useSpeech();
  if (props.data === undefined) {
    if (props.error) return <Failed error={props.error} onRetry={props.onRetry} />;
    return <Bones rows={8} columns={['120px', '1fr', '1fr', '160px', '100px', '1fr']} />;
  }
  if (props.data.length === 0) {
    return (
      <Screen icon={DatabaseZap} title={props.isOfSensor ? text.sources.noneOfSensor : text.sources.emptyTitle}>
        <p>{props.isOfSensor ? text.sources.noneOfSensorText : text.sources.emptyText}</p>
      </Screen>
    );
  }
  return <SourceTable sources={props.data} />;
}

function countOf(sources: readonly Source[], freshness: Source['freshness']): number {
  return sources.filter((source) => source.freshness === freshness).length;
}
