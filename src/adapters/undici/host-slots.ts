/** A turn at a host. */
interface HostSlot {
  /** True when it had to be waited for. */
  readonly waited: boolean;
  free(): void;
}

/** Lets at most so many requests at once go to one host; the others wait in order. */
export interface HostSlots {
  /** `undefined` when the signal aborted first. `onWait` is called when it is not free at once. */
  take(host: string, signal: AbortSignal, onWait?: () => void): Promise<HostSlot | undefined>;
}

interface Queue {
  taken: number;
  readonly waiting: Set<() => void>;
}

export function createHostSlots(maxPerHost: number): HostSlots {
  const queues = new Map<string, Queue>();

  function slotOf(host: string, queue: Queue, waited: boolean): HostSlot {
    let isFree = false;
    const free = (): void => {
      if (isFree) return;
      isFree = true;
      const [next] = queue.waiting;
      if (next !== undefined) next();
      else if (--queue.taken === 0) queues.delete(host);
    };
    return { waited, free };
  }

  function take(host: string, signal: AbortSignal, onWait = () => {}): Promise<HostSlot | undefined> {
    if (signal.aborted) return Promise.resolve(undefined);
    const queue = queues.get(host) ?? { taken: 0, waiting: new Set() };
    queues.set(host, queue);
    if (queue.taken < maxPerHost) {
      queue.taken++;
      return Promise.resolve(slotOf(host, queue, false));
    }
    onWait();
    return new Promise((resolve) => {
      const leave = (): void => {
        queue.waiting.delete(onTurn);
        signal.removeEventListener("abort", onAbort);
      };
      const onTurn = (): void => {
        leave();
        resolve(slotOf(host, queue, true));
      };
      const onAbort = (): void => {
        leave();
        resolve(undefined);
      };
      queue.waiting.add(onTurn);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  return { take };
}
