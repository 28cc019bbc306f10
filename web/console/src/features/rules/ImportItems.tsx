/// The rules that an import adds, changes or takes away, the loudest first; which are left off.
import { SearchX } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { useSearchParams } from 'react-router';
import type { ImportItem } from '../../lib/api';
import { number } from '../../lib/format';
import { useSpeech, type Dictionary } from '../../lib/i18n/i18n';
import { Button } from '../../ui/Button';
import { Chips } from '../../ui/Chips';
import { SeverityMark } from '../../ui/Marks';
import { Screen } from '../../ui/Screen';
import { Text } from '../../ui/Text';
import { chooseAll, GROUPS, isIn, isOff, loudest, type Choices, type Figures, type Group } from './imported';

/** Drawn at first, and with each "more". */
const STEP = 200;

interface ItemsProps {
  items: readonly ImportItem[];
  figures: Figures;
  choices: Choices;
  onChoose: (choices: Choices) => void;
  canChoose: boolean;
}

export function ImportItems(props: ItemsProps & { off: number }): ReactNode {
  const { text, language } = useSpeech();
  const [params, setParams] = useSearchParams();
  const [typed, setTyped] = useState('');
  const [room, setRoom] = useState(STEP);
  const { items } = props;
  const group = GROUPS.find((name) => name === params.get('show')) ?? 'all';
  const wanted = typed.trim().toLowerCase();
  const found = loudest(items.filter((item) => isIn(item, group) && `${item.title} ${item.id}`.toLowerCase().includes(wanted)));
  const shown = found.slice(0, room);
  const n = (value: number) => number(value, language);
  return (
    <section className="import-items" aria-label={text.imports.rule}>
      <div className="rules-bar">
        <Chips
          label={text.imports.show}
          value={group}
          options={GROUPS.map((id) => ({ id, name: `${groupName(id, text)} ${n(items.filter((item) => isIn(item, id)).length)}` }))}
          onChange={(id) => setParams(id === 'all' ? {} : { show: id }, { replace: true })}
        />
        <input
          className="input rules-search"
          type="search"
          aria-label={text.imports.search}
          placeholder={text.imports.search}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        {props.canChoose && (
          <span className="rules-tools">
            <strong aria-live="polite">{text.imports.offAll(n(props.off))}</strong>
            <Button look="quiet" onPress={() => props.onChoose(chooseAll(items, (item) => item.noisy))}>
              {text.imports.offNoisy}
            </Button>
            <Button look="quiet" onPress={() => props.onChoose(chooseAll(items, () => false))}>
              {text.imports.offNone}
            </Button>
          </span>
        )}
      </div>
      {found.length === 0 ? (
        <Screen icon={SearchX} title={text.imports.nothing}>
          <p>{text.imports.nothingText}</p>
        </Screen>
      ) : (
        <Table {...props} items={shown} />
      )}
      {shown.length < found.length && (
        <p className="import-more">
          {text.imports.shown(n(shown.length), n(found.length))}
          <Button onPress={() => setRoom(room + STEP)}>{text.app.more}</Button>
        </p>
      )}
    </section>
  );
}

function groupName(group: Group, text: Dictionary): string {
  if (group === 'all') return text.imports.all;
  return group === 'noisy' ? text.imports.noisy : text.imports.counts[group];
}

function Table({ items, figures, choices, onChoose, canChoose }: ItemsProps): ReactNode {
  const { text } = useSpeech();
  return (
    <table className="table import-table" aria-label={text.imports.rule}>
      <thead>
        <tr>
          <th scope="col">{text.imports.off}</th>
          <th scope="col">{text.imports.level}</th>
          <th scope="col">{text.imports.rule}</th>
          <th scope="col">{text.imports.change}</th>
          <th scope="col" className="number">
            {text.imports.perDay}
          </th>
          <th scope="col" className="number import-all">
            {text.imports.alerts}
          </th>
        </tr>
      </thead>
      <tbody>
        {items.map((item) => (
          <Row
            key={item.id}
            item={item}
            figures={figures}
            isOff={isOff(item, choices)}
            {...(canChoose && { onOff: (off: boolean) => onChoose(new Map(choices).set(item.id, off)) })}
          />
        ))}
      </tbody>
    </table>
  );
}

function Row(props: { item: ImportItem; figures: Figures; isOff: boolean; onOff?: (off: boolean) => void }): ReactNode {
  const { text, language } = useSpeech();
  const { item, figures, onOff } = props;
  const figure = (value: number) => (figures === 'told' ? number(value, language) : figures === 'waiting' ? '…' : '—');
  return (
    <tr className={props.isOff ? 'import-off' : undefined}>
      <td>
        {item.change === 'removed' ? (
          <span className="dim">—</span>
        ) : (
          <input
            type="checkbox"
            aria-label={text.imports.offOne(item.title)}
            checked={props.isOff}
            disabled={onOff === undefined}
            onChange={(event) => onOff?.(event.target.checked)}
          />
        )}
      </td>
      <td>
        <SeverityMark level={item.level} />
      </td>
      <td>
        <Text value={item.title} /> {item.noisy && <span className="tag import-noisy">{text.imports.noisy}</span>}{' '}
        {item.shipped && (
          <span className="tag" title={text.imports.replacesHint}>
            {text.imports.replaces}
          </span>
        )}
      </td>
      <td>{text.imports.changes[item.change]}</td>
      <td className="number" data-label={text.imports.perDay}>
        {figure(item.per_day)}
      </td>
      <td className="number import-all">{figure(item.alerts)}</td>
    </tr>
  );
}
