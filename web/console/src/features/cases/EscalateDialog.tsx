/// Alerts go into a new case or an existing one: links, never copies.
import { useQuery } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { Input, Label, Radio, RadioGroup, TextField } from 'react-aria-components';
import { Link, useNavigate } from 'react-router';
import type { AlertRow } from '../../lib/api';
import { useClient, useSession } from '../../lib/context';
import { number } from '../../lib/format';
import { useSpeech, useText } from '../../lib/i18n/i18n';
import { inLanguage } from '../../lib/rule';
import { Button } from '../../ui/Button';
import { Chips } from '../../ui/Chips';
import { SeverityMark } from '../../ui/Marks';
import { Overlay } from '../../ui/Overlay';
import { RuleTitle } from '../../ui/RuleTitle';
import { SearchBox } from '../../ui/SearchBox';
import { Text } from '../../ui/Text';
import { useToast } from '../../ui/Toasts';
import { useCasesOf, useDo } from './useCases';
import './escalate.css';

interface Given {
  alerts: readonly AlertRow[];
  onClose: () => void;
}

export function EscalateDialog(props: Given): ReactNode {
  const { escalate: words } = useText().cases;
  return (
    <Overlay title={words.title} isOpen onClose={props.onClose} isWide>
      <Form {...props} />
    </Overlay>
  );
}

function Form({ alerts, onClose }: Given): ReactNode {
  const { text, language } = useSpeech();
  const words = text.cases.escalate;
  const client = useClient();
  const session = useSession();
  const run = useDo();
  const toast = useToast();
  const navigate = useNavigate();
  const [first] = alerts;
  const held = useCasesOf(alerts.length === 1 ? (first?.id ?? null) : null);
  const [how, setHow] = useState('new');
  const [title, setTitle] = useState(first ? inLanguage(first.rule, language).title.slice(0, 200) : '');
  const [chosen, choose] = useState<string | null>(null);
  const [isSending, setSending] = useState(false);
  const isReady = !isSending && (how === 'new' ? title.trim() !== '' : chosen !== null);
  const ids = alerts.map(({ id }) => id);
  const submit = async () => {
    if (!isReady) return;
    setSending(true);
    const made = await run(() =>
      how === 'new' ? client.openCase({ title: title.trim(), alerts: ids, sites: [], assignee: session.user }) : client.linkAlerts(chosen ?? '', ids),
    );
    setSending(false);
    if (!made) return;
    const said = how === 'new' ? text.cases.done.opened(made.id) : text.cases.done.linked(made.id);
    toast({ message: said, action: { label: text.cases.openOne, perform: () => void navigate(`/cases/${encodeURIComponent(made.id)}`) } });
    onClose();
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void submit();
  };
  return (
    <div className="dialog-form">
      <p className="close-what">
        {first && <SeverityMark level={first.rule.level} />}
        {alerts.length === 1 && first ? <RuleTitle rule={first.rule} /> : words.count(number(alerts.length, language))}
      </p>
      {held.length > 0 && (
        <p>
          {words.isIn}{' '}
          {held.map(({ id }) => (
            <Link key={id} className="mono escalate-held" to={`/cases/${encodeURIComponent(id)}`}>
              {id}
            </Link>
          ))}
        </p>
      )}
      <Chips label={words.how} value={how} options={[{ id: 'new', name: words.new }, { id: 'existing', name: words.existing }]} onChange={setHow} />
      <form id="escalate" className="hidden-text" onSubmit={onSubmit} />
      {how === 'new' && (
        <TextField className="field" value={title} onChange={setTitle} maxLength={200} autoFocus isRequired>
          <Label>{text.cases.form.title}</Label>
          <Input className="input" form="escalate" />
        </TextField>
      )}
      {how === 'existing' && <Existing chosen={chosen} onChoose={choose} />}
      <div className="dialog-foot">
        <Button onPress={onClose}>{text.app.cancel}</Button>
        <Button look="primary" isDisabled={!isReady} onPress={() => void submit()}>
          {how === 'new' ? words.submitNew : words.submitExisting}
        </Button>
      </div>
    </div>
  );
}

/** Open cases, the newest change first. */
function Existing({ chosen, onChoose }: { chosen: string | null; onChoose: (id: string) => void }): ReactNode {
  const { cases } = useText();
  const words = cases.escalate;
  const client = useClient();
  const [wanted, setWanted] = useState('');
  const { data } = useQuery({
    queryKey: ['cases', 'open', wanted],
    queryFn: ({ signal }) => client.cases({ state: 'new,in_work', text: wanted, limit: '20' }, signal),
    placeholderData: (last) => last,
  });
  const rows = data?.items ?? [];
  return (
    <>
      <SearchBox value={wanted} label={cases.find} hint={cases.findHint} onChange={setWanted} />
      {data && rows.length === 0 && <p className="dim">{words.noneOpen}</p>}
      <RadioGroup className="picks escalate-cases" aria-label={words.choose} value={chosen} onChange={onChoose}>
        {rows.map((row) => (
          <Radio key={row.id} value={row.id} className="pick">
            <span className="mono dim">{row.id}</span>
            <span>
              <Text value={row.title} />
            </span>
          </Radio>
        ))}
      </RadioGroup>
    </>
  );
}
