/** How many runs may be under way at once; who comes later waits in the order of the scheduled times. */
export interface Slots {
  /** Takes a free slot at once, if there is one and nobody waits for it. */
  tryTake(): boolean;
  /** Resolves true with a slot in hand; false when the signal aborts first. */
  take(priority: number, signal: AbortSignal): Promise<boolean>;
  free(): void;
  readonly used: number;
}

interface Waiting {
  readonly priority: number;
  readonly resolve: (taken: boolean) => void;
}

export function createSlots(max: () => number): Slots {
  let used = 0;
  const queue: Waiting[] = [];

  function hasFree(): boolean {
    return used < max();
  }

  return {
    tryTake() {
      if (queue.length > 0 || !hasFree()) return false;
      used++;
      return true;
    },
    take(priority, signal) {
      if (signal.aborted) return Promise.resolve(false);
      if (queue.length === 0 && hasFree()) {
        used++;
        return Promise.resolve(true);
      }
      return new Promise((resolve) => {
        const giveUp = () => {
          const at = queue.indexOf(waiting);
          if (at >= 0) queue.splice(at, 1);
          resolve(false);
        };
        const waiting: Waiting = {
          priority,
          resolve: (taken) => {
            signal.removeEventListener("abort", giveUp);
            resolve(taken);
          },
        };
        signal.addEventListener("abort", giveUp, { once: true });
        // Mostly the last place: runs come in the order of their times.
        let at = queue.length;
        while (at > 0 && (queue[at - 1]?.priority ?? 0) > priority) at--;
        queue.splice(at, 0, waiting);
      });
    },
    free() {
      used--;
      while (queue.length > 0 && hasFree()) {
        used++;
        queue.shift()?.resolve(true);
      }
    },
    get used() {
      return used;
    },
  };
}
