/// Tokens for programs: which there are, what they may do, until when; taking one away.
import { KeyRound } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import type { Token } from '../../lib/client.people';
import { useSites } from '../../lib/context';
import { number } from '../../lib/format';
import { useSpeech, useText } from '../../lib/i18n/i18n';
import { problemText } from '../../lib/problem';
import { Bones } from '../../ui/Bones';
import { Button } from '../../ui/Button';
import { Failed } from '../../ui/Screen';
import { Text } from '../../ui/Text';
import { Ago, Time } from '../../ui/Time';
import { useToast } from '../../ui/Toasts';
import { TokenDialog } from './TokenDialog';
import { useAccountSend, useTokens } from './useAccount';

export function Tokens(): ReactNode {
  const { people: words } = useText();
  const [isMaking, setMaking] = useState(false);
  return (
    <section className="account-part">
      <h2>{words.tokens}</h2>
      <p className="dim">{words.tokensIntro}</p>
      <Table />
      <p>
        <Button onPress={() => setMaking(true)}>
          <KeyRound size={14} aria-hidden="true" />
          {words.tokenMake}
        </Button>
      </p>
      <TokenDialog isOpen={isMaking} onClose={() => setMaking(false)} />
    </section>
  );
}

function Table(): ReactNode {
  const { people: words } = useText();
  const { data, error, refetch } = useTokens();
  if (data === undefined) {
    if (error) return <Failed error={error} onRetry={() => void refetch()} />;
    return <Bones rows={2} columns={['1fr', '1fr', '120px', '120px', '100px']} />;
  }
  if (data.length === 0) return <p>{words.tokensNone}</p>;
  return (
    <table className="table table-stack" aria-label={words.tokens}>
      <thead>
        <tr>
          <th scope="col">{words.tokenName}</th>
          <th scope="col">{words.tokenRights}</th>
          <th scope="col">{words.expires}</th>
          <th scope="col">{words.used}</th>
          <td />
        </tr>
      </thead>
      <tbody>
        {data.map((token) => (
          <Row key={token.id} token={token} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ token }: { token: Token }): ReactNode {
  const { text, language } = useSpeech();
  const { people: words } = text;
  const { nameOf } = useSites();
  const toast = useToast();
  const revoke = useAccountSend(
    (client) => client.revokeToken(token.id),
    () => toast({ message: words.tokenRevoked }),
  );
  const onRevoke = () =>
    revoke.mutate(undefined, {
      onError: (error) => toast({ message: problemText(error, text).message, isFailure: true }),
    });
  return (
    <tr>
      <td data-label={words.tokenName}>
        <Text value={token.name} mayBreak />
        <br />
        <span className="mono dim">{`hdt_${token.id}_…`}</span>
      </td>
      <td data-label={words.tokenRights}>
        <details>
          <summary>{words.rights(number(token.permissions.length, language))}</summary>
          <span className="mono">{token.permissions.join(', ')}</span>
        </details>
        {token.sites !== null && <span className="dim">{token.sites.map(nameOf).join(', ')}</span>}
      </td>
      <td data-label={words.expires}>{token.expired ? <span className="tag">{words.expired}</span> : <Time at={token.expires} short />}</td>
      <td data-label={words.used}>{token.seen === null ? <span className="dim">{words.never}</span> : <Ago at={token.seen} />}</td>
      <td>
        <Button onPress={onRevoke} isDisabled={revoke.isPending}>
          {words.tokenRevoke}
        </Button>
      </td>
    </tr>
  );
}
