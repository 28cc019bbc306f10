/// Notes: written into the timeline, changed in their place. Every version is kept, and when two people change one,
/// both texts are shown.
import { useQuery } from '@tanstack/react-query';
import { History, Pencil } from 'lucide-react';
import { useState, type KeyboardEvent, type ReactNode } from 'react';
import { Label, TextArea, TextField } from 'react-aria-components';
import type { CaseNote } from '../../lib/cases';
import { ApiError } from '../../lib/client';
import { useClient } from '../../lib/context';
import { dateTime } from '../../lib/format';
import { useText } from '../../lib/i18n/i18n';
import { visibleLines } from '../../lib/visible';
import { Button } from '../../ui/Button';
import { Text } from '../../ui/Text';
import { Theirs } from './Theirs';
import { useDo } from './useCases';

function submitsOn(submit: () => void) {
  return (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit();
  };
}

/** A new note. What is being written stays when it cannot be saved. */
export function NoteBox({ id }: { id: string }): ReactNode {
  const { cases } = useText();
  const words = cases.timeline;
  const client = useClient();
  const run = useDo();
  const [note, setNote] = useState('');
  const [isSending, setSending] = useState(false);
  const isReady = note.trim() !== '' && !isSending;
  const submit = () => {
    if (!isReady) return;
    setSending(true);
    void run(() => client.addNote(id, note.trim())).then((made) => {
      setSending(false);
      if (made) setNote('');
    });
  };
  return (
    <div className="case-write">
      <TextField className="field" value={note} onChange={setNote} onKeyDown={submitsOn(submit)}>
        <Label>{words.write}</Label>
        <TextArea className="input" rows={3} placeholder={words.writeHint} />
      </TextField>
      <p className="case-line">
        <Button look="primary" isDisabled={!isReady} onPress={submit}>
          {words.save}
        </Button>
        <span className="field-hint">{words.keys}</span>
      </p>
    </div>
  );
}

/** A note in the timeline. */
export function NoteText({ id, note, mayWrite }: { id: string; note: CaseNote; mayWrite: boolean }): ReactNode {
  const { cases } = useText();
  const words = cases.timeline;
  const [isEditing, setEditing] = useState(false);
  const [isShowing, setShowing] = useState(false);
  return (
    <>
      <p className="case-line">
        <strong>
          <Text value={note.author} />
        </strong>
        {note.version > 1 && (
          <span className="dim">
            {words.edited(String(note.version))}, <Text value={note.who} />, {dateTime(note.at)}
          </span>
        )}
        {note.version > 1 && (
          <Button look="quiet" isIcon aria-label={words.versions} aria-expanded={isShowing} onPress={() => setShowing(!isShowing)}>
            <History size={13} aria-hidden="true" />
          </Button>
        )}
        {mayWrite && !isEditing && (
          <Button look="quiet" isIcon aria-label={words.edit} onPress={() => setEditing(true)}>
            <Pencil size={13} aria-hidden="true" />
          </Button>
        )}
      </p>
      {isEditing ? <NoteEditor id={id} note={note} onClose={() => setEditing(false)} /> : <p className="case-text">{visibleLines(note.text)}</p>}
      {isShowing && <Versions id={id} note={note} />}
    </>
  );
}

function NoteEditor({ id, note, onClose }: { id: string; note: CaseNote; onClose: () => void }): ReactNode {
  const text = useText();
  const { timeline: words, conflict } = text.cases;
  const client = useClient();
  const run = useDo();
  const [written, setWritten] = useState(note.text);
  const [seen, setSeen] = useState(note.version);
  const [theirs, setTheirs] = useState<CaseNote | null>(null);
  const [isSending, setSending] = useState(false);
  const save = async () => {
    if (written.trim() === '' || isSending) return;
    setSending(true);
    const done = await run(async () => {
      try {
        return await client.changeNote(id, note.id, seen, written.trim());
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 409) throw error;
        const now = (await client.case(id)).notes.find((each) => each.id === note.id);
        if (!now) throw error;
        setTheirs(now);
        setSeen(now.version);
        return null;
      }
    });
    setSending(false);
    if (done) onClose();
  };
  return (
    <div className="case-write">
      <TextField className="field" aria-label={words.edit} value={written} onChange={setWritten} autoFocus onKeyDown={submitsOn(() => void save())}>
        <TextArea className="input" rows={5} />
      </TextField>
      {theirs && (
        <Theirs
          sides={[[text.cases.note, theirs.text, written]]}
          onTake={() => {
            setWritten(theirs.text);
            setTheirs(null);
          }}
        />
      )}
      <p className="case-line">
        <Button look="primary" isDisabled={written.trim() === '' || isSending} onPress={() => void save()}>
          {theirs ? conflict.save : words.save}
        </Button>
        <Button onPress={onClose}>{text.app.cancel}</Button>
      </p>
    </div>
  );
}

function Versions({ id, note }: { id: string; note: CaseNote }): ReactNode {
  const client = useClient();
  const { data } = useQuery({
    queryKey: ['cases', 'one', id, 'note', note.id, note.version],
    queryFn: ({ signal }) => client.noteVersions(id, note.id, signal),
  });
  const before = data?.items.filter(({ version }) => version < note.version) ?? [];
  return (
    <ol className="case-versions">
      {before.toReversed().map((version) => (
        <li key={version.version}>
          <p className="dim">
            {dateTime(version.at)}, <Text value={version.who} />
          </p>
          <p className="case-text">{visibleLines(version.text)}</p>
        </li>
      ))}
    </ol>
  );
}
