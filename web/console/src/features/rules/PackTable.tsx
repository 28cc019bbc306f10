/// The packs: where each came from, under which licences, who imported it when.
import { Trash2 } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { Link } from 'react-router';
import type { LicenseCount, RulePack } from '../../lib/api';
import { number } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { Button } from '../../ui/Button';
import { Text } from '../../ui/Text';
import { Ago } from '../../ui/Time';
import { useToast } from '../../ui/Toasts';
import { WhyDialog } from '../../ui/WhyDialog';
import { useMayImport, useRuleChange } from './useRules';

/** Enough of a hash to compare by eye; the whole is in the title. */
const HASH_LETTERS = 12;

export function PackTable({ packs }: { packs: readonly RulePack[] }): ReactNode {
  const { text, language } = useSpeech();
  const mayImport = useMayImport();
  const [removing, setRemoving] = useState<RulePack | null>(null);
  return (
    <>
      <table className="table table-stack packs-table" aria-label={text.packs.title}>
        <thead>
          <tr>
            <th scope="col">{text.packs.name}</th>
            <th scope="col">{text.packs.source}</th>
            <th scope="col" className="number">
              {text.packs.rules}
            </th>
            <th scope="col">{text.packs.licenses}</th>
            <th scope="col">{text.packs.imported}</th>
            {mayImport && <th scope="col">{text.packs.tools}</th>}
          </tr>
        </thead>
        <tbody>
          {packs.map((pack) => (
            <tr key={pack.name}>
              <td>
                <Link to={`/rules?pack=${encodeURIComponent(pack.name)}`}>
                  <Text value={pack.name} mayBreak />
                </Link>
              </td>
              <td>
                {pack.imported === null ? <span className="dim">{text.packs.placed}</span> : <Source pack={pack} />}
              </td>
              <td className="number" data-label={text.packs.rules}>
                {number(pack.rules, language)}
              </td>
              <td data-label={text.packs.licenses}>
                <Licenses licenses={pack.licenses} />
              </td>
              <td data-label={text.packs.imported}>
                {pack.imported === null ? <span className="dim">—</span> : <Imported who={pack.who} at={pack.imported} />}
              </td>
              {mayImport && (
                <td>
                  <Button look="quiet" isIcon aria-label={text.packs.removeOne(pack.name)} onPress={() => setRemoving(pack)}>
                    <Trash2 size={14} aria-hidden="true" />
                  </Button>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      <RemovePack pack={removing} onClose={() => setRemoving(null)} />
    </>
  );
}

function Source({ pack }: { pack: RulePack }): ReactNode {
  return (
    <>
      <Text value={pack.source} mayBreak /> <br />
      <span className="mono dim" title={pack.sha256}>
        {pack.sha256.slice(0, HASH_LETTERS)}
      </span>
    </>
  );
}

function Imported({ who, at }: { who: string; at: string }): ReactNode {
  return (
    <>
      <Text value={who} /> <br />
      <span className="dim">
        <Ago at={at} />
      </span>
    </>
  );
}

export function Licenses({ licenses }: { licenses: readonly LicenseCount[] }): ReactNode {
  const { text, language } = useSpeech();
  if (licenses.length === 0) return <span className="dim">—</span>;
  return (
    <ul>
      {licenses.map((each) => (
        <li key={each.name}>
          <Text value={text.packs.license(each.name === '' ? text.packs.noLicense : each.name, number(each.rules, language))} />
        </li>
      ))}
    </ul>
  );
}

function RemovePack({ pack, onClose }: { pack: RulePack | null; onClose: () => void }): ReactNode {
  const { text, language } = useSpeech();
  const toast = useToast();
  const remove = useRuleChange(
    (client, why: string) => client.removePack(pack?.name ?? '', why),
    () => {
      toast({ message: text.packs.removed });
      onClose();
    },
  );
  return (
    <WhyDialog
      title={text.packs.remove}
      isOpen={pack !== null}
      isPending={remove.isPending}
      error={remove.error}
      onSubmit={(why) => remove.mutate(why)}
      onClose={() => {
        remove.reset();
        onClose();
      }}
    >
      {pack && (
        <p>
          <Text value={text.packs.removeHint(pack.name, number(pack.rules, language))} />
        </p>
      )}
    </WhyDialog>
  );
}
