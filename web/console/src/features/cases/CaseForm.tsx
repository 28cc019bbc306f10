/// Opening a case, or changing what stands at its head. When somebody else was faster, both sides are shown and
/// nothing that was written is lost.
import { useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { Input, Label, TextArea, TextField } from 'react-aria-components';
import { LEVELS, type Level } from '../../lib/api';
import type { Case, CaseDetail } from '../../lib/cases';
import { ApiError } from '../../lib/client';
import { useClient, useOwnSites, useSession } from '../../lib/context';
import { useText } from '../../lib/i18n/i18n';
import { problemText } from '../../lib/problem';
import { Button } from '../../ui/Button';
import { Chips } from '../../ui/Chips';
import { Overlay } from '../../ui/Overlay';
import { SiteBoxes } from '../../ui/SiteChoice';
import { useToast } from '../../ui/Toasts';
import { Theirs } from './Theirs';

interface Given {
  /** None: a new one. */
  held?: CaseDetail;
  onClose: () => void;
  onOpened?: (made: Case) => void;
}

export function CaseForm(props: Given & { isOpen: boolean }): ReactNode {
  const { form: words } = useText().cases;
  return (
    <Overlay title={props.held ? words.editTitle : words.newTitle} isOpen={props.isOpen} onClose={props.onClose} isWide>
      {props.isOpen && <Form {...props} />}
    </Overlay>
  );
}

function Form({ held, onClose, onOpened }: Given): ReactNode {
  const text = useText();
  const words = text.cases.form;
  const client = useClient();
  const queryClient = useQueryClient();
  const session = useSession();
  const toast = useToast();
  const own = useOwnSites();
  const [title, setTitle] = useState(held?.title ?? '');
  const [summary, setSummary] = useState(held?.summary ?? '');
  const [level, setLevel] = useState<Level>(held?.level ?? 'medium');
  const [assignee, setAssignee] = useState(held ? (held.assignee ?? '') : session.user);
  const [sites, setSites] = useState<readonly string[]>(held?.sites ?? (own.length === 1 ? own.map(({ id }) => id) : []));
  const [version, setVersion] = useState(held?.version ?? 0);
  const [theirs, setTheirs] = useState<CaseDetail | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [isSending, setSending] = useState(false);
  const isReady = title.trim() !== '' && !isSending && (sites.length > 0 || session.all_sites);
  const send = async () => {
    const common = { title: title.trim(), summary: summary.trim(), level, sites: [...sites] };
    const name = assignee.trim() === '' ? null : assignee.trim();
    if (held) return client.changeCase(held.id, { ...common, ...(sites.length === 0 && { sites: held.sites }), assignee: name, version });
    return client.openCase({ ...common, alerts: [], assignee: name });
  };
  const submit = async () => {
    if (!isReady) return;
    setSending(true);
    setError(null);
    try {
      const made = await send();
      toast({ message: held ? text.cases.done.changed : text.cases.done.opened(made.id) });
      await queryClient.invalidateQueries({ queryKey: ['cases'] });
      onClose();
      onOpened?.(made);
    } catch (failed) {
      if (held && failed instanceof ApiError && failed.status === 409) {
        const now = await client.case(held.id).catch(() => null);
        if (now) {
          setTheirs(now);
          setVersion(now.version);
        }
      } else setError(failed);
    } finally {
      setSending(false);
    }
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void submit();
  };
  return (
    <form className="dialog-form" onSubmit={onSubmit}>
      <TextField className="field" value={title} onChange={setTitle} isRequired autoFocus maxLength={200}>
        <Label>{words.title}</Label>
        <Input className="input" placeholder={words.titleHint} />
      </TextField>
      <TextField className="field" value={summary} onChange={setSummary}>
        <Label>{words.summary}</Label>
        <TextArea className="input" rows={6} placeholder={words.summaryHint} />
      </TextField>
      <div className="field">
        <span className="field-label">{words.level}</span>
        <Chips label={words.level} value={level} options={LEVELS.map((id) => ({ id, name: text.level[id] }))} onChange={(id) => setLevel(id as Level)} />
      </div>
      <TextField className="field" value={assignee} onChange={setAssignee}>
        <Label>{words.assignee}</Label>
        <Input className="input" spellCheck="false" />
      </TextField>
      <div className="field">
        <span className="field-label">{words.sites}</span>
        <SiteBoxes chosen={sites} onChange={setSites} />
        {held && <p className="field-hint">{words.sitesOfAlerts}</p>}
      </div>
      {theirs && (
        <Theirs
          sides={[
            [words.title, theirs.title, title],
            [words.summary, theirs.summary, summary],
            [words.level, text.level[theirs.level], text.level[level]],
            [text.cases.assignee, theirs.assignee ?? '', assignee],
          ]}
          onTake={() => {
            setTitle(theirs.title);
            setSummary(theirs.summary);
            setLevel(theirs.level);
            setAssignee(theirs.assignee ?? '');
            setSites(theirs.sites);
            setTheirs(null);
          }}
        />
      )}
      {error !== null && (
        <p className="field-error" role="alert">
          {problemText(error, text).message}
        </p>
      )}
      <div className="dialog-foot">
        <Button onPress={onClose}>{text.app.cancel}</Button>
        <Button type="submit" look="primary" isDisabled={!isReady}>
          {theirs ? text.cases.conflict.save : held ? words.save : words.open}
        </Button>
      </div>
    </form>
  );
}
