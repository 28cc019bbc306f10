/// The values that a case is about, and where else they were seen.
import { Plus, Trash2 } from 'lucide-react';
import { useState, type FormEvent, type ReactNode } from 'react';
import { Input, TextField } from 'react-aria-components';
import { Link } from 'react-router';
import { OBSERVABLE_KINDS, kindOf, type CaseDetail, type CaseObservable, type ObservableKind } from '../../lib/cases';
import { useClient, useMay } from '../../lib/context';
import { number } from '../../lib/format';
import { useSpeech, useText } from '../../lib/i18n/i18n';
import { isFangable } from '../../lib/visible';
import { Button } from '../../ui/Button';
import { Choice } from '../../ui/Choice';
import { CopyButton } from '../../ui/CopyButton';
import { DecodeButton } from '../../ui/DecodeBox';
import { Text } from '../../ui/Text';
import { useDo } from './useCases';

export function Observables({ held }: { held: CaseDetail }): ReactNode {
  const { cases } = useText();
  const words = cases.observables;
  const mayWrite = useMay('cases.write') && held.state !== 'closed';
  return (
    <>
      {mayWrite && <Add id={held.id} />}
      {held.observables.length === 0 && <p className="dim">{words.empty}</p>}
      {held.observables.length > 0 && (
        <table className="table table-stack sheet-table">
          <thead>
            <tr>
              <th scope="col">{words.kind}</th>
              <th scope="col">{words.value}</th>
              <th scope="col">{words.tags}</th>
              <th scope="col">{words.seen}</th>
              <th scope="col">
                <span className="hidden-text">{words.remove}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {held.observables.map((own) => (
              <Row key={own.id} id={held.id} own={own} mayWrite={mayWrite} />
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

/** The kind follows what is typed, until one is chosen. */
function Add({ id }: { id: string }): ReactNode {
  const { cases } = useText();
  const words = cases.observables;
  const client = useClient();
  const run = useDo();
  const [value, setValue] = useState('');
  const [tags, setTags] = useState('');
  const [chosen, setChosen] = useState<ObservableKind | null>(null);
  const kind = chosen ?? kindOf(value.trim());
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (value.trim() === '') return;
    const list = tags.split(',').map((tag) => tag.trim()).filter((tag) => tag !== '');
    void run(() => client.addObservable(id, { kind, value: value.trim(), tags: list })).then((made) => {
      if (!made) return;
      setValue('');
      setTags('');
      setChosen(null);
    });
  };
  return (
    <form className="case-add" onSubmit={submit}>
      <Choice label={words.kind} value={kind} options={OBSERVABLE_KINDS.map((each) => ({ id: each, name: words.kinds[each] }))} onChange={(each) => setChosen(each as ObservableKind)} />
      <TextField className="field" aria-label={words.value} value={value} onChange={setValue} maxLength={2000}>
        <Input className="input mono" placeholder={words.valueHint} spellCheck="false" />
      </TextField>
      <TextField className="field case-tags" aria-label={words.tags} value={tags} onChange={setTags}>
        <Input className="input" placeholder={words.tagsHint} />
      </TextField>
      <Button type="submit" isDisabled={value.trim() === ''}>
        <Plus size={14} aria-hidden="true" />
        {words.add}
      </Button>
    </form>
  );
}

function Row({ id, own, mayWrite }: { id: string; own: CaseObservable; mayWrite: boolean }): ReactNode {
  const { cases } = useText();
  const words = cases.observables;
  const client = useClient();
  const run = useDo();
  return (
    <tr>
      <td>{words.kinds[own.kind]}</td>
      <td className="mono case-value">
        <Text value={own.value} mayBreak />
        <span className="case-tools">
          {isFangable(own.value) && <CopyButton value={own.value} isDefanged />}
          <CopyButton value={own.value} />
          <DecodeButton value={own.value} />
        </span>
        {own.note !== '' && (
          <p className="dim">
            <Text value={own.note} />
          </p>
        )}
      </td>
      <td data-label={words.tags}>
        {own.tags.map((tag) => (
          <span key={tag} className="tag">
            <Text value={tag} />
          </span>
        ))}
      </td>
      <td data-label={words.seen}>
        <Seen own={own} />
      </td>
      <td>
        {mayWrite && (
          <Button look="quiet" isIcon aria-label={`${words.remove}: ${own.value}`} onPress={() => void run(() => client.removeObservable(id, own.id), cases.done.removed)}>
            <Trash2 size={13} aria-hidden="true" />
          </Button>
        )}
      </td>
    </tr>
  );
}

function Seen({ own }: { own: CaseObservable }): ReactNode {
  const { text, language } = useSpeech();
  const words = text.cases.observables;
  const seen = own.seen_in;
  if (seen === null || seen.cases_count + seen.alerts_count === 0) return <span className="dim">{words.seenNowhere}</span>;
  return (
    <ul className="case-seen">
      {seen.cases.map(({ id, title }) => (
        <li key={id}>
          <Link className="mono" to={`/cases/${encodeURIComponent(id)}`}>
            {id}
          </Link>{' '}
          <Text value={title} />
        </li>
      ))}
      {seen.alerts_count > 0 && (
        <li>
          <Link to={`/alerts?state=all&entity=${encodeURIComponent(own.value)}`}>{words.alerts((seen.alerts_count >= 100 ? '≥ ' : '') + number(seen.alerts_count, language))}</Link>
        </li>
      )}
    </ul>
  );
}
