/**
 * Whether this machine drains: begins no runs, and ends those it has. It is a state of the machine in the database, so
 * that it outlives the agent; what this agent knows of it comes with each report, and from the command that sets it.
 */
export interface Draining {
  readonly isDraining: boolean;
  /** False until the database was asked once; begin nothing before. */
  readonly isKnown: boolean;
  note(isDraining: boolean): void;
  /** The database was asked and said no: what is known has to do. */
  giveUpAsking(): void;
}

export function createDraining(): Draining {
  let isDraining = false;
  let isKnown = false;
  return {
    get isDraining() {
      return isDraining;
    },
    get isKnown() {
      return isKnown;
    },
    note(said) {
      isDraining = said;
      isKnown = true;
    },
    giveUpAsking() {
      isKnown = true;
    },
  };
}
