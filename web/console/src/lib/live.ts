/// The live line: one connection, resumed by the id of the last message, given up when silent.
/// It knows nothing of React; time and the network come in as arguments.
import { SseReader, type SseMessage } from './sse';

/** The centre sends a heartbeat every 10 s; two missed ones and a bit mean that the line is dead. */
export const SILENCE_MS = 25_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

export interface LiveStatus {
  up: boolean;
  /** When the last byte came in; null before the first. */
  lastHeard: number | null;
}

export interface LiveOptions {
  connect: (lastId: string | null, signal: AbortSignal) => Promise<Response>;
  onMessage: (message: SseMessage) => void;
  onStatus: (status: LiveStatus) => void;
  now?: () => number;
  setTimer?: (run: () => void, ms: number) => () => void;
}

export class LiveLine {
  private lastId: string | null = null;
  private lastHeard: number | null = null;
  private failures = 0;
  private stopped = true;
  private abort: AbortController | null = null;
  private cancelTimer: () => void = () => undefined;

  constructor(private readonly options: LiveOptions) {}

  start(): void {
    if (!this.stopped) return;
    this.stopped = false;
    void this.run();
  }

  stop(): void {
    this.stopped = true;
    this.cancelTimer();
    this.abort?.abort();
  }

  private async run(): Promise<void> {
    const abort = new AbortController();
    this.abort = abort;
    try {
      this.watch(abort);
      const response = await this.options.connect(this.lastId, abort.signal);
      this.heard();
      await this.read(response, abort);
    } catch {
      // A refused or broken line is no error of the page: the status says so and we try again.
    }
    this.cancelTimer();
    abort.abort();
    if (this.stopped) return;
    this.options.onStatus({ up: false, lastHeard: this.lastHeard });
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** this.failures, LONGEST_PAUSE_MS);
    this.failures += 1;
    this.timer(() => void this.run(), pause);
  }

  private async read(response: Response, abort: AbortController): Promise<void> {
    const body = response.body?.getReader();
    if (!body) return;
    const text = new TextDecoder();
    const reader = new SseReader((message) => {
      if (message.id !== null) this.lastId = message.id;
      this.options.onMessage(message);
    });
    while (!abort.signal.aborted) {
      const { done, value } = await body.read();
      if (done || this.stopped) return;
      this.heard();
      this.watch(abort);
      reader.push(text.decode(value, { stream: true }));
    }
  }

  private heard(): void {
    this.failures = 0;
    this.lastHeard = this.now();
    this.options.onStatus({ up: true, lastHeard: this.lastHeard });
  }

  private watch(abort: AbortController): void {
    this.timer(() => abort.abort(), SILENCE_MS);
  }

  private timer(run: () => void, ms: number): void {
    this.cancelTimer();
    this.cancelTimer = (this.options.setTimer ?? browserTimer)(run, ms);
  }

  private now(): number {
    return (this.options.now ?? Date.now)();
  }
}

function browserTimer(run: () => void, ms: number): () => void {
  const id = setTimeout(run, ms);
  return () => clearTimeout(id);
}
