/// Closing a case needs a verdict: keys 1 to 4; what was learned goes with it.
import { useState, type ReactNode } from 'react';
import { VERDICTS } from '../../lib/api';
import type { CaseDetail } from '../../lib/cases';
import { useClient } from '../../lib/context';
import { number } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { CodeForm } from '../../ui/CodeForm';
import { SeverityMark } from '../../ui/Marks';
import { Notice } from '../../ui/Notice';
import { Overlay } from '../../ui/Overlay';
import { Text } from '../../ui/Text';
import { useDo } from './useCases';

export function CloseDialog({ held, isOpen, onClose }: { held: CaseDetail; isOpen: boolean; onClose: () => void }): ReactNode {
  const { text, language } = useSpeech();
  const words = text.cases;
  const client = useClient();
  const run = useDo();
  const [isPending, setPending] = useState(false);
  const open = held.counts.tasks - held.counts.done;
  return (
    <Overlay title={words.closing.title} isOpen={isOpen} onClose={onClose} isWide>
      {isOpen && (
        <CodeForm
          codes={VERDICTS.map((id) => ({ id, name: text.verdict[id], hint: text.verdictHint[id] }))}
          words={words.closing}
          isPending={isPending}
          onSubmit={(verdict, lessons) => {
            setPending(true);
            void run(() => client.closeCase(held.id, held.version, verdict, lessons), words.done.closed).then((done) => {
              setPending(false);
              if (done) onClose();
            });
          }}
          onCancel={onClose}
        >
          <p className="close-what">
            <SeverityMark level={held.level} />
            <Text value={held.title} />
          </p>
          {open > 0 && <Notice tone="warn">{words.closing.openTasks(number(open, language))}</Notice>}
        </CodeForm>
      )}
    </Overlay>
  );
}
