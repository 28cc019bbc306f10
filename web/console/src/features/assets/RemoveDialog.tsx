/// Deleting an asset: what is lost, and that dismissing may be what is meant.
import type { ReactNode } from 'react';
import type { Asset } from '../../lib/assets';
import { useText } from '../../lib/i18n/i18n';
import { problemText } from '../../lib/problem';
import { Button } from '../../ui/Button';
import { Overlay } from '../../ui/Overlay';
import { Text } from '../../ui/Text';
import { useToast } from '../../ui/Toasts';
import { useAssetSend } from './useAssets';

export function RemoveDialog({ asset, onClose }: { asset: Asset | null; onClose: () => void }): ReactNode {
  const { assets: words } = useText();
  return (
    <Overlay title={words.removeTitle} isOpen={asset !== null} onClose={onClose} role="alertdialog">
      {asset !== null && <Remove asset={asset} onClose={onClose} />}
    </Overlay>
  );
}

function Remove({ asset, onClose }: { asset: Asset; onClose: () => void }): ReactNode {
  const text = useText();
  const words = text.assets;
  const toast = useToast();
  const remove = useAssetSend(
    (client) => client.removeAsset(asset.id),
    () => {
      toast({ message: words.removed });
      onClose();
    },
  );
  return (
    <div className="dialog-form">
      <p>
        <span className="mono">
          <Text value={asset.address} mayBreak />
        </span>{' '}
        {asset.name !== '' && <Text value={asset.name} mayBreak />}
      </p>
      <p>{asset.first_seen === null ? words.removeHint : words.removeSeenHint}</p>
      {remove.isError && (
        <p className="field-error" role="alert">
          {problemText(remove.error, text).message}
        </p>
      )}
      <div className="dialog-foot">
        <Button onPress={onClose} autoFocus>
          {text.app.cancel}
        </Button>
        <Button look="primary" isDisabled={remove.isPending} onPress={() => remove.mutate(undefined)}>
          {words.remove}
        </Button>
      </div>
    </div>
  );
}
