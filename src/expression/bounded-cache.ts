/** Keeps what was made for a text, at most so many; what was used longest ago goes first. */
export interface BoundedCache<T> {
  get(key: string, make: () => T): T;
}

export function createBoundedCache<T>(most: number): BoundedCache<T> {
  // A Map keeps the order in which keys were added; one that is used is added again.
  const kept = new Map<string, T>();
  return {
    get(key, make) {
      const value = kept.get(key) ?? make();
      kept.delete(key);
      kept.set(key, value);
      for (const oldest of kept.keys()) {
        if (kept.size <= most) break;
        kept.delete(oldest);
      }
      return value;
    },
  };
}
