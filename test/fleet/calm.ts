/** Whether anything is wrong in the world at present, and since when nothing is: bounds hold only in calm. */
export interface Calm {
  /** Something lasting begins. */
  begin(trouble: string): void;
  end(trouble: string): void;
  /** Something happened at once: a crash, a leap of a clock. */
  disturb(): void;
  /** How long nothing has been wrong; 0 while something is. */
  lastsMs(): number;
}

export function createCalm(now: () => number): Calm {
  const present = new Map<string, number>();
  let since = now();
  return {
    begin(trouble) {
      present.set(trouble, (present.get(trouble) ?? 0) + 1);
    },
    end(trouble) {
      const left = (present.get(trouble) ?? 0) - 1;
      if (left > 0) present.set(trouble, left);
      else present.delete(trouble);
      since = now();
    },
    disturb() {
      since = now();
    },
    lastsMs: () => (present.size > 0 ? 0 : now() - since),
  };
}
