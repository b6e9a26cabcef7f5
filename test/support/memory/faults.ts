import { StoreUnavailableError } from "../../../src/model/errors.ts";

/** What goes wrong between one agent and the database. Operations are called as `serials.renew`, `claims.insert`. */
export interface Faults {
  /** Awaited before the operation takes effect: delay it, or throw so that it never does. */
  readonly before?: (operation: string) => Promise<void> | void;
  /** Called after it took effect: throw so that the answer is lost. */
  readonly after?: (operation: string) => Promise<void> | void;
  /** A promise lets the caller know nothing at once, and the operation take effect when it resolves. */
  readonly late?: (operation: string) => Promise<void> | undefined;
}

/** A database that does not answer. */
export function unavailable(operation: string): StoreUnavailableError {
  return new StoreUnavailableError(operation, new Error("injected by a test"));
}

/** The store with every asynchronous method under the faults. */
export function withFaults<Store extends object>(name: string, store: Store, faults: Faults): Store {
  return new Proxy(store, {
    get(target, property, receiver) {
      const value: unknown = Reflect.get(target, property, receiver);
      if (typeof value !== "function" || typeof property !== "string" || isImmediate(name, property)) return value;
      const method = value as (...args: unknown[]) => Promise<unknown>;
      return (...args: unknown[]) => underFaults(`${name}.${property}`, () => method.apply(target, args), faults);
    },
  });
}

function isImmediate(name: string, property: string): boolean {
  return name === "changes" || (name === "events" && property === "record");
}

async function underFaults(operation: string, act: () => Promise<unknown>, faults: Faults): Promise<unknown> {
  await faults.before?.(operation);
  const late = faults.late?.(operation);
  if (late !== undefined) {
    void late.then(act);
    throw unavailable(operation);
  }
  const result = await act();
  await faults.after?.(operation);
  return result;
}
