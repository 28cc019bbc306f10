/// Assets from a spreadsheet: a file is chosen, tried at once, and written when the person has seen what it does.
import { FileSpreadsheet } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { FileTrigger } from 'react-aria-components';
import { ASSET_COLUMNS, type AssetImport } from '../../lib/assets';
import { ApiError } from '../../lib/client';
import { useOwnSites, useSites } from '../../lib/context';
import { bytes, number } from '../../lib/format';
import { useSpeech, useText } from '../../lib/i18n/i18n';
import { assetReason, problemText } from '../../lib/problem';
import { Button } from '../../ui/Button';
import { CopyButton } from '../../ui/CopyButton';
import { Notice } from '../../ui/Notice';
import { Overlay } from '../../ui/Overlay';
import { Text } from '../../ui/Text';
import { useToast } from '../../ui/Toasts';
import { useAssetSend } from './useAssets';

/** As many problems as anybody mends at once. */
const MAX_SHOWN = 200;

export function ImportDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }): ReactNode {
  const { assets: words } = useText();
  return (
    <Overlay title={words.importTitle} isOpen={isOpen} onClose={onClose} isWide>
      {isOpen && <Steps onClose={onClose} />}
    </Overlay>
  );
}

function Steps({ onClose }: { onClose: () => void }): ReactNode {
  const { text, language } = useSpeech();
  const words = text.assets;
  const toast = useToast();
  const [file, setFile] = useState<File | null>(null);
  const n = (value: number) => number(value, language);
  const trial = useAssetSend(
    (client, chosen: File) => client.importAssets(chosen, true),
    () => undefined,
  );
  const write = useAssetSend(
    (client, chosen: File) => client.importAssets(chosen, false),
    ({ added, changed }) => {
      toast({ message: words.imported(n(added), n(changed)) });
      onClose();
    },
  );
  const choose = (chosen: File | undefined) => {
    if (chosen === undefined) return;
    setFile(chosen);
    write.reset();
    trial.mutate(chosen);
  };
  const error = write.error ?? trial.error;
  const found = trial.data;
  const isReady = found !== undefined && found.added + found.changed > 0 && !trial.isPending && !write.isPending;
  return (
    <div className="dialog-form">
      <p>{words.importHint}</p>
      <div className="csv-columns">
        <code className="mono">{ASSET_COLUMNS.replaceAll(',', ', ')}</code>
        <CopyButton value={`${ASSET_COLUMNS}\n`} label={words.copyColumns} />
      </div>
      <p className="field-hint">{words.importNotes}</p>
      <SiteIds />
      <div className="csv-file">
        <FileTrigger acceptedFileTypes={['.csv', 'text/csv']} onSelect={(files) => choose(files?.[0])}>
          <Button look={file === null ? 'primary' : 'plain'}>
            <FileSpreadsheet size={14} aria-hidden="true" />
            {file === null ? words.choose : words.another}
          </Button>
        </FileTrigger>
        {file !== null && (
          <span>
            <span className="mono">
              <Text value={file.name} mayBreak />
            </span>{' '}
            <span className="dim">{bytes(file.size, language)}</span>
          </span>
        )}
      </div>
      {trial.isPending && (
        <p className="dim" role="status">
          {words.trying}
        </p>
      )}
      {error !== null && (
        <p className="field-error" role="alert">
          {error instanceof ApiError && error.status === 413 ? words.fileTooLarge : problemText(error, text).message}
        </p>
      )}
      {found !== undefined && <Found found={found} />}
      <div className="dialog-foot">
        <Button onPress={onClose}>{text.app.cancel}</Button>
        <Button look="primary" isDisabled={!isReady} onPress={() => file !== null && write.mutate(file)}>
          {write.isPending ? words.importing : words.write}
        </Button>
      </div>
    </div>
  );
}

/** What stands in the column `site`: nobody knows the ids by heart. */
function SiteIds(): ReactNode {
  const { assets: words } = useText();
  const own = useOwnSites();
  const { nameOf } = useSites();
  return (
    <details>
      <summary>{words.siteIds}</summary>
      <ul className="csv-sites" tabIndex={0}>
        {own.map(({ id }) => (
          <li key={id}>
            <span className="mono">{id}</span> {nameOf(id)}
          </li>
        ))}
      </ul>
    </details>
  );
}

/** What the trial says: nothing is written yet. */
function Found({ found }: { found: AssetImport }): ReactNode {
  const { text, language } = useSpeech();
  const words = text.assets;
  const n = (value: number) => number(value, language);
  const { problems } = found;
  const shown = problems.slice(0, MAX_SHOWN);
  return (
    <>
      <div role="group" aria-label={words.trialTitle}>
        <dl className="csv-sums">
          {(['added', 'changed', 'same'] as const).map((name) => (
            <div key={name}>
              <dt>{words.sums[name]}</dt>
              <dd>{n(found[name])}</dd>
            </div>
          ))}
          <div>
            <dt>{words.sums.problems}</dt>
            <dd className={problems.length > 0 ? 'bad-number' : undefined}>{n(problems.length)}</dd>
          </div>
        </dl>
      </div>
      {found.added + found.changed === 0 && <Notice>{words.nothingNew}</Notice>}
      {problems.length > 0 && (
        <>
          <p className="field-hint">{words.problemsHint}</p>
          <div className="csv-problems" tabIndex={0} role="region" aria-label={words.problems}>
            <table className="table" aria-label={words.problems}>
              <thead>
                <tr>
                  <th scope="col" className="number">
                    {words.line}
                  </th>
                  <th scope="col">{words.problem}</th>
                </tr>
              </thead>
              <tbody>
                {shown.map(({ line, message }, at) => (
                  <tr key={at}>
                    <td className="number">{n(line)}</td>
                    <td>
                      <Text value={assetReason(message, text)} mayBreak />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {shown.length < problems.length && <p className="field-hint">{words.moreProblems(n(problems.length - shown.length))}</p>}
        </>
      )}
    </>
  );
}
