/** The only way to randomness. */
export interface Chance {
  uuid(): string;
  /** Uniform in [0, 1). */
  fraction(): number;
}
