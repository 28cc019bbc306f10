/// Confirming or dismissing assets: one or many, and saying what came of it.
import type { Asset, AssetState } from '../../lib/assets';
import { number } from '../../lib/format';
import { useSpeech } from '../../lib/i18n/i18n';
import { problemText } from '../../lib/problem';
import { useToast } from '../../ui/Toasts';
import { decide, useAssetSend } from './useAssets';

export function useDecide(onDone: () => void): { decide: (assets: readonly Asset[], state: AssetState) => void; isPending: boolean } {
  const { text, language } = useSpeech();
  const toast = useToast();
  const words = text.assets;
  const send = useAssetSend(decide, (changed, { assets, state }) => {
    const n = (value: number) => number(value, language);
    const said = state === 'dismissed' ? words.dismissed(n(changed)) : words.confirmed(n(changed));
    const rest = assets.length - changed;
    toast({ message: rest > 0 ? `${said} ${words.notChanged(n(rest))}` : said });
    onDone();
  });
  return {
    isPending: send.isPending,
    decide: (assets, state) => {
      if (assets.length === 0 || send.isPending) return;
      send.mutate(
        { assets, state },
        {
          onError: (error) => {
            const { message, requestId } = problemText(error, text);
            const id = requestId === null ? '' : ` (${requestId})`;
            toast({ message: `${words.failed}: ${message}${id}`, isFailure: true });
          },
        },
      );
    },
  };
}
