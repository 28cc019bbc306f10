import { describe, expect, it } from 'vitest';
import { LiveLine, SILENCE_MS, type LiveStatus } from './live';
import { SseReader, type SseMessage } from './sse';

describe('SseReader', () => {
  const whole = ': hi\r\nid: 7\nevent: alert\ndata: {"a":1}\n\ndata: x\ndata: y\n\nevent: lost\n\n';
  const expected: SseMessage[] = [
    { event: 'alert', data: '{"a":1}', id: '7' },
    { event: 'message', data: 'x\ny', id: '7' },
  ];

  it.each([1, 2, 3, 5, 8, 1000])('reads the same however it is cut: %i', (step) => {
    const seen: SseMessage[] = [];
    const reader = new SseReader((message) => seen.push(message));
    for (let at = 0; at < whole.length; at += step) reader.push(whole.slice(at, at + step));
    expect(seen).toEqual(expected);
  });
});

/** A line whose network and clock are in the test's hands. */
function lab() {
  const asked: (string | null)[] = [];
  const seen: SseMessage[] = [];
  const statuses: LiveStatus[] = [];
  const streams: ReadableStreamDefaultController<Uint8Array>[] = [];
  let timer: { run: () => void; ms: number } | null = null;
  let refuse = false;
  const line = new LiveLine({
    connect: (lastId, signal) => {
      asked.push(lastId);
      if (refuse) return Promise.reject(new Error('refused'));
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          streams.push(controller);
          signal.addEventListener('abort', () => controller.error(new Error('aborted')));
        },
      });
      return Promise.resolve(new Response(body));
    },
    onMessage: (message) => seen.push(message),
    onStatus: (status) => statuses.push(status),
    now: () => 1000,
    setTimer: (run, ms) => {
      timer = { run, ms };
      return () => {
        timer = null;
      };
    },
  });
  const settle = async () => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  };
  return {
    line,
    asked,
    seen,
    statuses,
    settle,
    send: async (text: string) => {
      streams.at(-1)?.enqueue(new TextEncoder().encode(text));
      await settle();
    },
    end: async () => {
      streams.at(-1)?.close();
      await settle();
    },
    fire: async () => {
      const { run, ms } = timer ?? { run: () => undefined, ms: -1 };
      run();
      await settle();
      return ms;
    },
    refuse: (value: boolean) => {
      refuse = value;
    },
  };
}

describe('LiveLine', () => {
  it('resumes after the last id it has seen', async () => {
    const { line, asked, seen, send, end, fire, settle } = lab();
    line.start();
    await settle();
    await send('id: 41\nevent: alert\ndata: {}\n\nid: 42\nevent: alert\ndata: {}\n\n');
    await end();
    expect(await fire()).toBe(1000);
    expect(asked).toEqual([null, '42']);
    expect(seen.map((message) => message.id)).toEqual(['41', '42']);
    line.stop();
  });

  it('gives up a silent line and says when it last heard something', async () => {
    const { line, asked, statuses, send, fire, settle } = lab();
    line.start();
    await settle();
    await send(': heartbeat\n\n');
    expect(await fire()).toBe(SILENCE_MS);
    expect(statuses.at(-1)).toEqual({ up: false, lastHeard: 1000 });
    await fire();
    expect(asked).toHaveLength(2);
    line.stop();
  });

  it('waits longer each time it is refused, and starts afresh once it is heard', async () => {
    const { line, fire, settle, refuse, end } = lab();
    refuse(true);
    line.start();
    await settle();
    const pauses = [];
    for (let turn = 0; turn < 6; turn += 1) pauses.push(await fire());
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16000, 30000]);
    refuse(false);
    await fire();
    await end();
    expect(await fire()).toBe(1000);
    line.stop();
  });

  it('stays down when it is stopped', async () => {
    const { line, asked, settle, fire } = lab();
    line.start();
    await settle();
    line.stop();
    await settle();
    expect(await fire()).toBe(-1);
    expect(asked).toHaveLength(1);
  });
});
