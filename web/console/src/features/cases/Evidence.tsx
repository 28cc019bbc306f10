/// Evidence: files with their checksum, and through whose hands they went.
import { Download, Paperclip } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { FileTrigger } from 'react-aria-components';
import type { CaseDetail, CaseEvidence } from '../../lib/cases';
import { ApiError } from '../../lib/client';
import { evidenceFile } from '../../lib/client.cases';
import { useClient, useMay, useSites } from '../../lib/context';
import { bytes } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { Button } from '../../ui/Button';
import { CopyButton } from '../../ui/CopyButton';
import { Text } from '../../ui/Text';
import { Time } from '../../ui/Time';
import { useDo } from './useCases';

export function Evidence({ held }: { held: CaseDetail }): ReactNode {
  const { text } = useSpeech();
  const words = text.cases.evidence;
  const client = useClient();
  const run = useDo();
  const mayWrite = useMay('cases.write') && held.state !== 'closed';
  const [isSending, setSending] = useState(false);
  const [isTooLarge, setTooLarge] = useState(false);
  const send = async (file: File) => {
    setSending(true);
    setTooLarge(false);
    await run(async () => {
      try {
        return await client.addEvidence(held.id, file, file.name.normalize('NFC'), '');
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 413) throw error;
        setTooLarge(true);
        return null;
      }
    });
    setSending(false);
  };
  return (
    <>
      {mayWrite && (
        <p className="case-line">
          <FileTrigger
            onSelect={(files) => {
              const file = files?.[0];
              if (file) void send(file);
            }}
          >
            <Button isDisabled={isSending}>
              <Paperclip size={14} aria-hidden="true" />
              {isSending ? words.sending : words.add}
            </Button>
          </FileTrigger>
          <span className="field-hint">{words.hint}</span>
        </p>
      )}
      {isTooLarge && (
        <p className="field-error" role="alert">
          {words.tooLarge}
        </p>
      )}
      {held.evidence.length === 0 && <p className="dim">{words.empty}</p>}
      <ul className="case-evidence">
        {held.evidence.map((kept) => (
          <Piece key={kept.id} id={held.id} kept={kept} />
        ))}
      </ul>
    </>
  );
}

function Piece({ id, kept }: { id: string; kept: CaseEvidence }): ReactNode {
  const { text, language } = useSpeech();
  const { nameOf } = useSites();
  const words = text.cases.evidence;
  const mayRead = useMay('evidence.read');
  return (
    <li>
      <p className="case-line">
        <strong>
          <Text value={kept.name} mayBreak />
        </strong>
        <span className="dim">{bytes(kept.bytes, language)}</span>
        {kept.site !== null && <span className="dim">{nameOf(kept.site)}</span>}
        {mayRead ? (
          <a href={evidenceFile(id, kept.id)} download>
            <Download size={13} aria-hidden="true" /> {words.take}
          </a>
        ) : (
          <span className="dim">{words.noRead}</span>
        )}
      </p>
      {kept.note !== '' && (
        <p>
          <Text value={kept.note} />
        </p>
      )}
      <p className="mono case-hash">
        SHA-256 {kept.sha256} <CopyButton value={kept.sha256} />
      </p>
      <details>
        <summary>
          {words.custody} ({kept.custody.length})
        </summary>
        <ol className="history">
          {kept.custody.map((line, at) => (
            <li key={at}>
              <Time at={line.at} />
              <p>
                <Text value={line.who} /> {words.did[line.action]}
              </p>
            </li>
          ))}
        </ol>
      </details>
    </li>
  );
}
