/// Copies text; says so with a tick. Hostile addresses are copied defanged when asked.
import { Check, Copy, ShieldCheck } from 'lucide-react';
import { useEffect, useState, type ReactNode } from 'react';
import { useText } from '../lib/i18n/i18n';
import { defang } from '../lib/visible';
import { Button } from './Button';

const TICK_MS = 1500;

export function CopyButton(props: { value: string; isDefanged?: boolean; label?: string; hasWord?: boolean }): ReactNode {
  const text = useText();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), TICK_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const name = props.isDefanged ? text.app.copyDefanged : (props.label ?? text.app.copy);
  const Icon = copied ? Check : props.isDefanged ? ShieldCheck : Copy;
  return (
    <Button
      look={props.hasWord ? 'plain' : 'quiet'}
      isIcon={props.hasWord !== true}
      aria-label={copied ? text.app.copied : name}
      onPress={() => {
        void copy(props.isDefanged ? defang(props.value) : props.value).then(setCopied);
      }}
    >
      <Icon size={13} aria-hidden="true" />
      {props.hasWord && (copied ? text.app.copied : name)}
    </Button>
  );
}

/** The clipboard needs a secure context; without one nothing is copied and no tick is shown. */
async function copy(value: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(value);
    return true;
  } catch {
    return false;
  }
}
