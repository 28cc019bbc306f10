/// One's own changes of an alert, one after the other. A change is shown before the centre has answered:
/// who goes on at once would name a version that his own change has passed, and be told that somebody
/// else was faster.
import type { AlertRow } from '../../lib/api';

/** Versions that are one's own: from the first, which one saw, to the last, which one made. */
interface Own {
  from: number;
  to: number;
}

export class Turns {
  private readonly own = new Map<string, Own>();
  private readonly last = new Map<string, Promise<unknown>>();

  /** Waits for the changes before it, then sends with the version that they led to. */
  take(alert: AlertRow, send: (version: number) => Promise<AlertRow>): Promise<AlertRow> {
    const before = this.last.get(alert.id) ?? Promise.resolve();
    const turn = before.then(async () => {
      const own = this.own.get(alert.id);
      const isOwn = own !== undefined && alert.version >= own.from && alert.version < own.to;
      const version = isOwn ? own.to : alert.version;
      const after = await send(version);
      this.own.set(alert.id, { from: own?.to === version ? own.from : version, to: after.version });
      return after;
    });
    this.last.set(
      alert.id,
      turn.catch(() => undefined),
    );
    return turn;
  }
}
