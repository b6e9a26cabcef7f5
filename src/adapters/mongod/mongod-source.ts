/** A mongod that runs on this machine. */
export interface FoundMongod {
  readonly path: string;
  readonly version: string;
  /** Where it came from, in words. */
  readonly source: string;
}

/** What one place to look for a mongod gave. */
export type Lookup =
  | { readonly outcome: "found"; readonly mongod: FoundMongod }
  /** `reason` says in words why there is none. */
  | { readonly outcome: "none"; readonly reason: string };

export function none(reason: string): Lookup {
  return { outcome: "none", reason };
}

export type Env = Readonly<Record<string, string | undefined>>;
export type Progress = (line: string) => void;
