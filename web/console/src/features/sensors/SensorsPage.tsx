/// The fleet: which sensors there are and how each is, the worst first.
import { RadioTower } from 'lucide-react';
import { useMemo, useRef, useState, type ReactNode, type Ref } from 'react';
import { ToggleButton } from 'react-aria-components';
import { useSearchParams } from 'react-router';
import type { Sensor } from '../../lib/api';
import { useNow } from '../../lib/clock';
import { useSites } from '../../lib/context';
import { number } from '../../lib/format';
import { useSpeech, useText } from '../../lib/i18n/i18n';
import { useActions } from '../../lib/shortcuts';
import { Bones } from '../../ui/Bones';
import { Button } from '../../ui/Button';
import { Notice, StaleNotice } from '../../ui/Notice';
import { Failed } from '../../ui/Screen';
import { SearchBox } from '../../ui/SearchBox';
import { NOTHING, isMeant, isNarrowed, readFilter, writeFilter, type SensorFilter } from './filter';
import { InviteDialog } from './InviteDialog';
import { OpenInvitations } from './OpenInvitations';
import { NoMatch, NoSensors } from './NoSensors';
import { Rollout } from './Rollout';
import { SensorTable } from './SensorTable';
import { isTroubled, worstFirst } from './trouble';
import { useMayWrite, useSensors } from './useSensors';
import './sensors.css';

/** As many rows as anybody reads; the rest on demand. */
const STEP = 200;

export function SensorsPage(): ReactNode {
  const text = useText();
  const [params, setParams] = useSearchParams();
  const filter = readFilter(params);
  const { data, error, dataUpdatedAt, refetch } = useSensors();
  const [isInviting, setInviting] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const mayWrite = useMayWrite();
  const mayInvite = mayWrite && data?.open === true;
  const onFilter = (change: Partial<SensorFilter>) => setParams((last) => writeFilter(last, change), { replace: true });
  const group = text.action.group.page;
  useActions([
    { name: 'find-sensor', label: text.sensors.find, group, keys: ['/'], perform: () => input.current?.focus() },
    { name: 'invite', label: text.sensors.invite, group, keys: ['n'], perform: () => setInviting(true), isDisabled: !mayInvite },
  ]);
  const invite = mayInvite && (
    <Button look="primary" shortcut="n" onPress={() => setInviting(true)}>
      <RadioTower size={15} aria-hidden="true" />
      {text.sensors.invite}
    </Button>
  );
  return (
    <div className="sheet">
      <title>{`${text.sensors.title} · ${text.app.name}`}</title>
      {error && data && <StaleNotice asOf={dataUpdatedAt} onRetry={() => void refetch()} />}
      <header className="sheet-top">
        <div>
          <h1>{text.sensors.title}</h1>
          <p className="dim">{text.sensors.intro}</p>
        </div>
        {data && data.items.length > 0 && invite}
      </header>
      {data === undefined ? (
        error ? (
          <Failed error={error} onRetry={() => void refetch()} />
        ) : (
          <Bones rows={10} columns={['170px', '140px', '1fr', '110px', '210px', '80px', '160px']} />
        )
      ) : data.items.length === 0 ? (
        <NoSensors isOpen={data.open} mayWrite={mayWrite} action={invite} />
      ) : (
        <>
          {!data.open && <Notice tone="warn">{text.sensors.closedNotice}</Notice>}
          <Fleet sensors={data.items} filter={filter} onFilter={onFilter} input={input} />
          <Rollout sensors={data.items} mayWrite={mayInvite} />
        </>
      )}
      {data?.open === true && <OpenInvitations />}
      <InviteDialog isOpen={isInviting} onClose={() => setInviting(false)} />
    </div>
  );
}

function Fleet(props: {
  sensors: readonly Sensor[];
  filter: SensorFilter;
  onFilter: (change: Partial<SensorFilter>) => void;
  input: Ref<HTMLInputElement>;
}): ReactNode {
  const { text, language } = useSpeech();
  const { nameOf } = useSites();
  const now = useNow();
  const { sensors, filter, onFilter } = props;
  const [room, setRoom] = useState(STEP);
  const ordered = useMemo(() => worstFirst(sensors, now), [sensors, now]);
  const meant = ordered.filter((sensor) => isMeant(sensor, filter, now, nameOf));
  const shown = meant.slice(0, room);
  const troubled = sensors.filter((sensor) => isTroubled(sensor, now)).length;
  return (
    <>
      <div className="filter-bar sensors-filters" role="group" aria-label={text.alerts.filter}>
        <SearchBox
          value={filter.text}
          label={text.sensors.find}
          hint={text.sensors.findHint}
          input={props.input}
          onChange={(value) => onFilter({ text: value })}
        />
        <ToggleButton className="chip" isSelected={filter.troubled} onChange={(isOn) => onFilter({ troubled: isOn })}>
          {text.sensors.onlyTroubled}
        </ToggleButton>
        <span className="filters-end" aria-live="polite">
          <span className="dim">{text.sensors.total(number(meant.length, language))}</span>
          {' · '}
          {troubled === 0 ? text.sensors.healthy : <strong>{text.sensors.troubled(number(troubled, language))}</strong>}
        </span>
      </div>
      {shown.length < meant.length && (
        <Notice>
          <strong>{text.sensors.tooMany(number(shown.length, language), number(meant.length, language))}</strong> {text.sensors.tooManyHint}
        </Notice>
      )}
      {meant.length === 0 && isNarrowed(filter) ? <NoMatch onClear={() => onFilter(NOTHING)} /> : <SensorTable sensors={shown} />}
      {shown.length < meant.length && (
        <div className="sheet-more">
          <Button onPress={() => setRoom(room + STEP)}>{text.app.more}</Button>
        </div>
      )}
    </>
  );
}
