/** A promise of the design (6) that was broken. */
export interface Violation {
  readonly promise: "P1" | "P2" | "P3" | "P4" | "P5" | "P7" | "P8" | "P10";
  readonly what: string;
  readonly at: number;
}

export interface Verdict {
  broken(promise: Violation["promise"], what: string): void;
  readonly violations: readonly Violation[];
}

export function createVerdict(now: () => number, onBroken: (violation: Violation) => void): Verdict {
  const violations: Violation[] = [];
  return {
    violations,
    broken(promise, what) {
      const violation = { promise, what, at: now() };
      violations.push(violation);
      onBroken(violation);
    },
  };
}
