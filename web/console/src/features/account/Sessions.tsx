/// Where one is signed in, and ending it there.
import type { ReactNode } from 'react';
import type { OpenSession } from '../../lib/client.people';
import { useText } from '../../lib/i18n/i18n';
import { problemText } from '../../lib/problem';
import { Bones } from '../../ui/Bones';
import { Button } from '../../ui/Button';
import { Failed } from '../../ui/Screen';
import { Text } from '../../ui/Text';
import { Ago } from '../../ui/Time';
import { useToast } from '../../ui/Toasts';
import { useAccountSend, useSessions } from './useAccount';

export function Sessions(): ReactNode {
  const { people: words } = useText();
  return (
    <section className="account-part">
      <h2>{words.sessions}</h2>
      <p className="dim">{words.sessionsIntro}</p>
      <Table />
    </section>
  );
}

function Table(): ReactNode {
  const { people: words } = useText();
  const { data, error, refetch } = useSessions();
  if (data === undefined) {
    if (error) return <Failed error={error} onRetry={() => void refetch()} />;
    return <Bones rows={2} columns={['160px', '1fr', '120px', '120px', '100px']} />;
  }
  return (
    <table className="table table-stack" aria-label={words.sessions}>
      <thead>
        <tr>
          <th scope="col">{words.from}</th>
          <th scope="col">{words.program}</th>
          <th scope="col">{words.begun}</th>
          <th scope="col">{words.used}</th>
          <td />
        </tr>
      </thead>
      <tbody>
        {data.map((session) => (
          <Row key={session.id} session={session} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ session }: { session: OpenSession }): ReactNode {
  const text = useText();
  const { people: words } = text;
  const toast = useToast();
  const end = useAccountSend(
    (client) => client.endSession(session.id),
    () => toast({ message: words.ended }),
  );
  const onEnd = () =>
    end.mutate(undefined, {
      onError: (error) => toast({ message: problemText(error, text).message, isFailure: true }),
    });
  return (
    <tr>
      <td data-label={words.from} className="mono">
        {session.address === '' ? '—' : <Text value={session.address} />}
      </td>
      <td data-label={words.program}>
        <Text value={session.agent} mayBreak /> {session.own && <span className="tag">{words.thisSession}</span>}
      </td>
      <td data-label={words.begun}>
        <Ago at={session.created} />
      </td>
      <td data-label={words.used}>
        <Ago at={session.seen} />
      </td>
      <td>
        {!session.own && (
          <Button onPress={onEnd} isDisabled={end.isPending}>
            {words.end}
          </Button>
        )}
      </td>
    </tr>
  );
}
