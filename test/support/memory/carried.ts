/**
 * Carries one operation of an agent to the database and its answer back, or fails to. Operations are called as
 * `serials.renew`, `claims.insert`; what `act` does happens in one step, like an operation of MongoDB.
 */
export type Carry = (operation: string, act: () => Promise<unknown>) => Promise<unknown>;

/** The store with every asynchronous method carried. */
export function carried<Store extends object>(name: string, store: Store, carry: Carry): Store {
  return new Proxy(store, {
    get(target, property, receiver) {
      const value: unknown = Reflect.get(target, property, receiver);
      if (typeof value !== "function" || typeof property !== "string" || isImmediate(name, property)) return value;
      const method = value as (...args: unknown[]) => Promise<unknown>;
      return (...args: unknown[]) => carry(`${name}.${property}`, () => method.apply(target, args));
    },
  });
}

function isImmediate(name: string, property: string): boolean {
  return name === "changes" || (name === "events" && property === "record");
}
