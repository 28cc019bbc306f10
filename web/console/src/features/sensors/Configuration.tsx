/// The configuration of a sensor: what it runs from, what the centre wants, whether they agree; and writing another.
import { CircleCheck, CircleDashed, FileX2, History, Hourglass, Pencil, Send, type LucideIcon } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import type { ConfigurationVersion, Sensor } from '../../lib/api';
import { number } from '../../lib/format';
import { useSites } from '../../lib/context';
import { useSpeech, useText } from '../../lib/i18n/i18n';
import { wordOf } from '../../lib/i18n/word';
import { problemText } from '../../lib/problem';
import { visibleLines } from '../../lib/visible';
import { Button } from '../../ui/Button';
import { FactList } from '../../ui/FactList';
import { Notice, StaleNotice } from '../../ui/Notice';
import { Text } from '../../ui/Text';
import { agreementOf, type Agreement } from './configuration';
import { ConfigurationEditor, type Seed } from './ConfigurationEditor';
import { ConfigurationVersions } from './ConfigurationVersions';
import { Made } from './Made';
import { reportOf, type Report } from './report';
import { useConfiguration, useMayWrite } from './useSensors';
import './configuration.css';

const ICONS: Record<Agreement, LucideIcon> = {
  in_force: CircleCheck,
  trial: Hourglass,
  refused: FileX2,
  rolled_back: History,
  waiting: Send,
  none: CircleDashed,
};

const COLORS: Record<Agreement, string> = {
  in_force: '',
  trial: 'config-moving',
  refused: 'sensor-warn',
  rolled_back: 'sensor-warn',
  waiting: 'config-moving',
  none: 'dim',
};

export function Configuration({ sensor }: { sensor: Sensor }): ReactNode {
  const text = useText();
  const words = text.configuration;
  const { data, error, dataUpdatedAt, refetch } = useConfiguration(sensor.name);
  const mayWrite = useMayWrite();
  const [seed, setSeed] = useState<Seed | null>(null);
  const report = reportOf(sensor);
  const versions = data?.versions ?? [];
  const newest = versions[0];
  const isOpen = seed !== null && mayWrite && sensor.revoked === null;
  const reuse = ({ config, version }: ConfigurationVersion) => setSeed({ text: config, from: version, base: newest?.version ?? 0, key: Date.now() });
  return (
    <section className="config" aria-label={words.title}>
      <div className="config-head">
        <h2>{words.title}</h2>
        {data !== undefined && mayWrite && sensor.revoked === null && !isOpen && (
          <Button onPress={() => setSeed({ text: newest?.config ?? '', from: null, base: newest?.version ?? 0, key: Date.now() })}>
            <Pencil size={14} aria-hidden="true" />
            {words.edit}
          </Button>
        )}
      </div>
      <p className="field-hint config-intro">{words.intro}</p>
      {error && data && <StaleNotice asOf={dataUpdatedAt} onRetry={() => void refetch()} />}
      {data === undefined && !error && (
        <p className="dim" role="status">
          {text.app.loading}
        </p>
      )}
      {data === undefined && error && (
        <Notice tone="warn" end={<Button onPress={() => void refetch()}>{text.app.retry}</Button>}>
          {words.unreadable} {problemText(error, text).message}
        </Notice>
      )}
      {data !== undefined && <Agreed wanted={newest} report={report} />}
      <Standing wanted={newest} report={report} />
      {report !== null && <RunSources sources={report.sources} />}
      {isOpen && <ConfigurationEditor key={seed.key} sensor={sensor} seed={seed} newest={newest} onClose={() => setSeed(null)} />}
      {newest !== undefined && <ConfigurationVersions versions={versions} {...(mayWrite && sensor.revoked === null && { onReuse: reuse })} />}
    </section>
  );
}

/** Whether what is in force is what is wanted, in a word, a sentence, and the box's own words. */
function Agreed({ wanted, report }: { wanted: ConfigurationVersion | undefined; report: Report | null }): ReactNode {
  const { configuration: words } = useText();
  const said = report?.configuration ?? null;
  const agreement = agreementOf(wanted, said);
  const Icon = ICONS[agreement];
  const isUnwanted = agreement === 'refused' || agreement === 'rolled_back';
  return (
    <div className={isUnwanted ? 'config-agreed config-unwanted' : 'config-agreed'}>
      <p>
        <span className={`mark ${COLORS[agreement]}`}>
          <Icon size={14} aria-hidden="true" />
          <strong>{words.states[agreement]}</strong>
        </span>{' '}
        {words.told[agreement]}
      </p>
      {isUnwanted && said?.newest?.reason && (
        <pre className="raw" tabIndex={0} aria-label={words.reason}>
          {visibleLines(said.newest.reason)}
        </pre>
      )}
    </div>
  );
}

function Standing({ wanted, report }: { wanted: ConfigurationVersion | undefined; report: Report | null }): ReactNode {
  const { text, language } = useSpeech();
  const words = text.configuration;
  const said = report?.configuration ?? null;
  const facts: [string, ReactNode][] = [
    [words.inForce, said === null ? words.untold : said.version === 0 ? words.own : words.version(String(said.version))],
  ];
  if (wanted !== undefined) facts.push([words.wanted, <Made key="wanted" made={wanted} />], [words.networks, number(wanted.networks, language)]);
  if (said !== null && said.unknown.length > 0) {
    facts.push([
      words.leftOut,
      <ul key="unknown" className="mono">
        {said.unknown.map((key, at) => (
          <li key={at}>
            <Text value={key} mayBreak />
          </li>
        ))}
      </ul>,
    ]);
  }
  return (
    <div className="config-facts">
      <FactList facts={facts} />
    </div>
  );
}

function RunSources({ sources }: Pick<Report, 'sources'>): ReactNode {
  const text = useText();
  const { nameOf } = useSites();
  const words = text.configuration;
  if (sources.length === 0) return <p className="dim">{words.noSources}</p>;
  return (
    <table className="table table-stack sheet-table" aria-label={words.sources}>
      <thead>
        <tr>
          <th scope="col">{words.sources}</th>
          <th scope="col">{words.kind}</th>
          <th scope="col">{text.sensors.sites}</th>
        </tr>
      </thead>
      <tbody>
        {sources.map(({ id, kind, site }, at) => (
          <tr key={at}>
            <td className="mono">
              <Text value={id} mayBreak />
            </td>
            <td data-label={words.kind}>
              <Text value={wordOf(text.sources.kinds, kind)} />
            </td>
            <td data-label={text.sensors.sites}>{site === '' ? <span className="dim">—</span> : <Text value={nameOf(site)} />}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
