/// One asset: added, changed, confirmed on the way; only looked at when a file has it or the reader may not write.
import { useState, type FormEvent, type ReactNode } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import { CRITICALITIES, type Asset, type AssetChange, type Criticality } from '../../lib/assets';
import { useOwnSites, useSites } from '../../lib/context';
import { useText } from '../../lib/i18n/i18n';
import { problemText } from '../../lib/problem';
import { Button } from '../../ui/Button';
import { Choice } from '../../ui/Choice';
import { FactList } from '../../ui/FactList';
import { Overlay } from '../../ui/Overlay';
import { Text } from '../../ui/Text';
import { Time } from '../../ui/Time';
import { useToast } from '../../ui/Toasts';
import { AssetStateMark, CriticalityMark, originText } from './AssetMarks';
import { changeOf, draftOf, mistakeIn, shownDay, type Draft } from './draft';
import { isOwn, useAssetSend, useMayWrite } from './useAssets';

/** As the centre has it. */
const MAX_TEXT = 200;

export function AssetDialog(props: { isOpen: boolean; asset: Asset | null; site: string; onClose: () => void }): ReactNode {
  const { assets: words } = useText();
  const { asset, onClose } = props;
  const mayWrite = useMayWrite();
  const isRead = asset !== null && !(mayWrite && isOwn(asset));
  return (
    <Overlay title={asset === null ? words.add : isRead ? words.one : words.editTitle} isOpen={props.isOpen} onClose={onClose} isWide>
      {isRead ? <Looked asset={asset} onClose={onClose} /> : <AssetForm asset={asset} site={props.site} onClose={onClose} />}
    </Overlay>
  );
}

function AssetForm({ asset, site, onClose }: { asset: Asset | null; site: string; onClose: () => void }): ReactNode {
  const text = useText();
  const words = text.assets;
  const toast = useToast();
  const own = useOwnSites();
  const { nameOf } = useSites();
  const first = own.some(({ id }) => id === site) ? site : own.length === 1 ? (own[0]?.id ?? '') : '';
  const [draft, setDraft] = useState<Draft>(() => draftOf(asset, first));
  const set = (name: keyof Draft) => (value: string) => setDraft((last) => ({ ...last, [name]: value }));
  const change = changeOf(draft, asset);
  const send = useAssetSend(
    (client, also: AssetChange) => {
      if (asset !== null) return client.changeAsset(asset.id, { ...change, ...also });
      return client.addAsset({ ...change, site: draft.site, address: draft.address.trim() });
    },
    () => {
      toast({ message: asset === null ? words.added : words.changed });
      onClose();
    },
  );
  const mistake = mistakeIn(draft);
  const isWhole = draft.site !== '' && draft.address.trim() !== '' && mistake === null && !send.isPending;
  const isChanged = Object.keys(change).length > 0;
  const isReady = isWhole && (asset === null || isChanged);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady) send.mutate({});
  };
  const places = [...(draft.site === '' ? [{ id: '', name: words.pickSite }] : []), ...own.map(({ id }) => ({ id, name: nameOf(id) }))];
  return (
    <form className="dialog-form" onSubmit={onSubmit}>
      <div className="asset-fields">
        <Field label={words.address} value={draft.address} onChange={set('address')} isMono isRequired isFirst hint={words.addressHint} />
        <div className="field">
          <span className="field-label">{words.site}</span>
          <Choice label={words.site} value={draft.site} options={places} onChange={set('site')} />
        </div>
        <Field label={words.name} value={draft.name} onChange={set('name')} />
        <Field label={words.role} value={draft.role} onChange={set('role')} hint={words.roleHint} />
        <div className="field">
          <span className="field-label">{words.criticality}</span>
          <Choice
            label={words.criticality}
            value={draft.criticality}
            options={CRITICALITIES.map((id) => ({ id, name: words.weights[id] }))}
            onChange={(value) => set('criticality')(value satisfies string as Criticality)}
          />
        </div>
        <Field label={words.mac} value={draft.mac} onChange={set('mac')} isMono hint="00:1a:2b:3c:4d:5e" />
        <Field label={words.owner} value={draft.owner} onChange={set('owner')} />
        <Field label={words.contact} value={draft.contact} onChange={set('contact')} hint={words.contactHint} />
        <Field label={words.validFrom} value={draft.valid_from} onChange={set('valid_from')} isMono hint="31/01/2026" />
        <Field label={words.validTo} value={draft.valid_to} onChange={set('valid_to')} isMono hint="31/12/2026" />
      </div>
      <p className={mistake === null ? 'field-hint' : 'field-error'} role={mistake === null ? undefined : 'alert'}>
        {mistake === 'day' ? words.badDay : mistake === 'order' ? words.badOrder : words.dayHint}
      </p>
      {asset !== null && <Known asset={asset} />}
      {send.isError && (
        <p className="field-error" role="alert">
          {problemText(send.error, text).message}
        </p>
      )}
      <div className="dialog-foot">
        <Button onPress={onClose}>{text.app.cancel}</Button>
        {asset !== null && asset.state !== 'confirmed' && (
          <Button isDisabled={!isWhole} onPress={() => send.mutate({ state: 'confirmed' })}>
            {words.saveAndConfirm}
          </Button>
        )}
        <Button type="submit" look="primary" isDisabled={!isReady}>
          {words.save}
        </Button>
      </div>
    </form>
  );
}

function Field(props: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  hint?: string;
  isMono?: boolean;
  isRequired?: boolean;
  isFirst?: boolean;
}): ReactNode {
  return (
    <TextField className="field" value={props.value} onChange={props.onChange} isRequired={props.isRequired === true} autoFocus={props.isFirst === true}>
      <Label>{props.label}</Label>
      <Input className={props.isMono ? 'input mono' : 'input'} maxLength={MAX_TEXT} placeholder={props.hint ?? ''} autoComplete="off" spellCheck="false" />
    </TextField>
  );
}

/** What nobody types. */
function Known({ asset }: { asset: Asset }): ReactNode {
  const { assets: words } = useText();
  const moment = (at: string | null) => (at === null ? '—' : <Time at={at} />);
  const facts: [string, ReactNode][] = [
    [words.state, <AssetStateMark key="state" state={asset.state} />],
    [words.origin, originText(asset, words)],
    [words.firstSeen, moment(asset.first_seen)],
    [words.lastSeen, moment(asset.last_seen)],
    [
      words.updated,
      <span key="updated">
        <Time at={asset.updated} />
        {asset.who !== '' && (
          <>
            {' · '}
            <Text value={asset.who} />
          </>
        )}
      </span>,
    ],
  ];
  return <FactList facts={facts} />;
}

function Looked({ asset, onClose }: { asset: Asset; onClose: () => void }): ReactNode {
  const text = useText();
  const words = text.assets;
  const { nameOf } = useSites();
  const said = (value: string | null) => (value === null || value === '' ? '—' : <Text value={value} mayBreak />);
  const facts: [string, ReactNode][] = [
    [words.address, <span key="address" className="mono">{said(asset.address)}</span>],
    [words.site, asset.site === '' ? text.incidents.province : nameOf(asset.site)],
    [words.name, said(asset.name)],
    [words.role, said(asset.role)],
    [words.criticality, <CriticalityMark key="weight" criticality={asset.criticality} />],
    [words.owner, said(asset.owner)],
    [words.contact, said(asset.contact)],
    [words.mac, <span key="mac" className="mono">{said(asset.mac)}</span>],
    [words.validFrom, shownDay(asset.valid_from) || '—'],
    [words.validTo, shownDay(asset.valid_to) || '—'],
  ];
  return (
    <div className="dialog-form">
      {!isOwn(asset) && <p className="field-hint">{words.ofFile}</p>}
      <FactList facts={facts} />
      <Known asset={asset} />
      <div className="dialog-foot">
        <Button onPress={onClose} autoFocus>
          {words.close}
        </Button>
      </div>
    </div>
  );
}
