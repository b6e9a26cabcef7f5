import type { EpochMs } from "../../model/time.ts";

/** A token as its server gave it. */
interface FreshToken {
  readonly token: string;
  /** How long it is to be kept; 0 or less: it is for those who ask for it at this moment alone. */
  readonly keepMs: number;
}

/** What a fetch came to. `Failure` says for its asker why there is no token. */
export type TokenFetch<Failure> =
  | ({ readonly kind: "token" } & FreshToken)
  | { readonly kind: "failed"; readonly failure: Failure }
  /** Its asker was stopped; that says nothing to others. */
  | { readonly kind: "broken off" };

type Obtained<Failure> =
  | { readonly kind: "token"; readonly token: string; readonly wasKept: boolean }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "broken off" };

/**
 * Tokens that an agent got by OAuth 2, each under a key that says for whom and from where. One fetch at a time for a key:
 * whoever asks meanwhile gets what that one comes to, and after a failure the next asks anew.
 */
export interface TokenCache {
  /** A kept token, or what `fetch` brings. Never rejects unless `fetch` does. */
  obtain<Failure>(
    key: string,
    now: () => EpochMs,
    fetch: () => Promise<TokenFetch<Failure>>,
  ): Promise<Obtained<Failure>>;
  /** Its server refused it. Another one that was fetched since stays. */
  drop(key: string, token: string): void;
}

interface Kept {
  readonly token: string;
  readonly from: EpochMs;
  readonly until: EpochMs;
}

/** More clients than any fleet has; the oldest go first. */
const KEPT_MAX = 1_000;

export function createTokenCache(): TokenCache {
  const kept = new Map<string, Kept>();
  // Under one key every asker means the same kind of failure.
  const underWay = new Map<string, Promise<TokenFetch<unknown>>>();

  function find(key: string, at: EpochMs): string | undefined {
    const found = kept.get(key);
    // Before it was kept means that the clock went back, and nobody knows how far.
    if (found !== undefined && at >= found.from && at < found.until) return found.token;
    kept.delete(key);
    return undefined;
  }

  function keep(key: string, { token, keepMs }: FreshToken, at: EpochMs): void {
    if (keepMs <= 0) return;
    kept.delete(key);
    kept.set(key, { token, from: at, until: (at + keepMs) as EpochMs });
    const [oldest] = kept.keys();
    if (kept.size > KEPT_MAX && oldest !== undefined) kept.delete(oldest);
  }

  async function begin<Failure>(
    key: string,
    now: () => EpochMs,
    fetch: () => Promise<TokenFetch<Failure>>,
  ): Promise<TokenFetch<Failure>> {
    // Its life is counted from before it was asked for.
    const askedAt = now();
    try {
      const fetched = await fetch();
      if (fetched.kind === "token") keep(key, fetched, askedAt);
      return fetched;
    } finally {
      underWay.delete(key);
    }
  }

  async function obtain<Failure>(
    key: string,
    now: () => EpochMs,
    fetch: () => Promise<TokenFetch<Failure>>,
  ): Promise<Obtained<Failure>> {
    for (;;) {
      const token = find(key, now());
      if (token !== undefined) return { kind: "token", token, wasKept: true };
      const already = underWay.get(key);
      const fetching = (already ?? begin(key, now, fetch)) as Promise<TokenFetch<Failure>>;
      if (already === undefined) underWay.set(key, fetching);
      const fetched = await fetching;
      if (fetched.kind === "token") return { kind: "token", token: fetched.token, wasKept: false };
      if (fetched.kind === "failed" || already === undefined) return fetched;
    }
  }

  return {
    obtain,
    drop(key, token) {
      if (kept.get(key)?.token === token) kept.delete(key);
    },
  };
}
