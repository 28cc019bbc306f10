/// What is to be done: ticked, added with Enter, in order.
import { Plus, Trash2 } from 'lucide-react';
import { useState, type FormEvent, type ReactNode } from 'react';
import { Input, TextField } from 'react-aria-components';
import type { CaseDetail, CaseTask } from '../../lib/cases';
import { useNow } from '../../lib/clock';
import { useClient, useMay } from '../../lib/context';
import { useText } from '../../lib/i18n/i18n';
import { Button } from '../../ui/Button';
import { Text } from '../../ui/Text';
import { Time } from '../../ui/Time';
import { Assignee } from './CaseCard';
import { useDo } from './useCases';

export function Tasks({ held }: { held: CaseDetail }): ReactNode {
  const { cases } = useText();
  const words = cases.tasks;
  const client = useClient();
  const run = useDo();
  const mayWrite = useMay('cases.write') && held.state !== 'closed';
  const [task, setTask] = useState('');
  const add = (event: FormEvent) => {
    event.preventDefault();
    if (task.trim() === '') return;
    void run(() => client.addTask(held.id, { text: task.trim() })).then((made) => {
      if (made) setTask('');
    });
  };
  return (
    <>
      {mayWrite && (
        <form className="case-add" onSubmit={add}>
          <TextField className="field" aria-label={words.add} value={task} onChange={setTask} maxLength={500}>
            <Input className="input" placeholder={words.hint} />
          </TextField>
          <Button type="submit" isDisabled={task.trim() === ''}>
            <Plus size={14} aria-hidden="true" />
            {words.add}
          </Button>
        </form>
      )}
      {held.tasks.length === 0 && <p className="dim">{words.empty}</p>}
      <ul className="case-tasks">
        {held.tasks.map((each) => (
          <TaskRow key={each.id} id={held.id} task={each} mayWrite={mayWrite} />
        ))}
      </ul>
    </>
  );
}

function TaskRow({ id, task, mayWrite }: { id: string; task: CaseTask; mayWrite: boolean }): ReactNode {
  const { cases } = useText();
  const words = cases.tasks;
  const client = useClient();
  const run = useDo();
  const now = useNow();
  const isLate = task.due !== null && task.done === null && Date.parse(task.due) < now;
  return (
    <li>
      <label className="check">
        <input
          type="checkbox"
          checked={task.done !== null}
          disabled={!mayWrite}
          onChange={(event) => {
            const { checked } = event.target;
            void run(() => client.changeTask(id, task.id, { version: task.version, done: checked }));
          }}
        />
        <span className={task.done === null ? '' : 'task-done'}>
          <Text value={task.text} />
        </span>
      </label>
      <span className="case-line dim">
        {task.assignee !== null && <Assignee name={task.assignee} />}
        {task.due !== null && (
          <span className={isLate ? 'bad-number' : ''}>
            {isLate ? words.overdue : words.due} <Time at={task.due} short />
          </span>
        )}
        {task.done !== null && (
          <>
            {words.doneBy(task.done_by ?? '')} <Time at={task.done} short />
          </>
        )}
        {mayWrite && (
          <Button look="quiet" isIcon aria-label={words.remove} onPress={() => void run(() => client.removeTask(id, task.id, task.version), cases.done.removed)}>
            <Trash2 size={13} aria-hidden="true" />
          </Button>
        )}
      </span>
    </li>
  );
}
