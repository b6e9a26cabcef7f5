import { StoreUnavailableError } from "../model/errors.ts";

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly settle: (result: Result) => void;
  readonly fail: (err: unknown) => void;
}

/**
 * Lets calls that come together travel together: one batch is under way, the next carries whatever has come meanwhile.
 * A batch that is refused is tried again call by call, so that none fails for another's sake.
 * @param act answers in the order given
 */
export function gathered<Item, Result>(
  batchMax: number,
  act: (items: readonly Item[]) => Promise<readonly Result[]>,
): (item: Item) => Promise<Result> {
  const queue: Waiting<Item, Result>[] = [];
  let isFlushing = false;

  async function send(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await act(batch.map((it) => it.item));
      batch.forEach((it, index) => it.settle(results[index] as Result));
    } catch (err) {
      if (batch.length === 1 || err instanceof StoreUnavailableError) for (const it of batch) it.fail(err);
      else for (const it of batch) await send([it]);
    }
  }

  async function flush(): Promise<void> {
    if (isFlushing) return;
    isFlushing = true;
    // A turn of the microtask queue, for calls that become ready together.
    await Promise.resolve();
    while (queue.length > 0) await send(queue.splice(0, batchMax));
    isFlushing = false;
  }

  return (item) =>
    new Promise((settle, fail) => {
      queue.push({ item, settle, fail });
      void flush();
    });
}
