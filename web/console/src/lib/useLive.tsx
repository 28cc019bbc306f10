/// The live line for React: one connection for the whole console, many listeners.
import {
  createContext,
  useContext,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type ReactNode,
} from 'react';
import { useClient } from './context';
import { LiveLine, type LiveStatus } from './live';
import type { SseMessage } from './sse';

type Listener = (message: SseMessage) => void;

class Exchange {
  readonly listeners = new Set<Listener>();

  readonly tell = (message: SseMessage): void => {
    for (const listener of this.listeners) listener(message);
  };
}

const ExchangeContext = createContext(new Exchange());
const StatusContext = createContext<LiveStatus>({ up: true, lastHeard: null });

export function LiveProvider({ children }: { children: ReactNode }): ReactNode {
  const client = useClient();
  const exchange = useMemo(() => new Exchange(), []);
  const [status, setStatus] = useState<LiveStatus>({ up: true, lastHeard: null });
  useEffect(() => {
    const line = new LiveLine({
      connect: (lastId, signal) => client.live(lastId, signal),
      onMessage: exchange.tell,
      // A heartbeat is no news: only a change of up or down draws anything.
      onStatus: (next) => setStatus((last) => (last.up && next.up ? last : next)),
    });
    line.start();
    return () => line.stop();
  }, [client, exchange]);
  return (
    <ExchangeContext value={exchange}>
      <StatusContext value={status}>{children}</StatusContext>
    </ExchangeContext>
  );
}

export function useLiveStatus(): LiveStatus {
  return useContext(StatusContext);
}

/** Calls back for messages of one event name, and for `reset`, which means: refetch everything. */
export function useLive(event: string, onMessage: (data: unknown, isReset: boolean) => void): void {
  const exchange = useContext(ExchangeContext);
  const latest = useRef(onMessage);
  useLayoutEffect(() => {
    latest.current = onMessage;
  });
  useEffect(() => {
    const listener: Listener = (message) => {
      if (message.event === 'reset') latest.current(null, true);
      else if (message.event === event) latest.current(parse(message.data), false);
    };
    exchange.listeners.add(listener);
    return () => {
      exchange.listeners.delete(listener);
    };
  }, [exchange, event]);
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}
