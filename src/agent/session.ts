import { isTrusted, type Moment, type TrustWindow, trustSince } from "../membership/trust.ts";
import type { Lease, LeaseTiming } from "../model/member.ts";
import type { Clock } from "../ports/clock.ts";
import { momentOf } from "./moment.ts";
import { widelyHeard } from "../chain/widely-heard.ts";

/** One life of this agent: from the serial it took to the moment when no serial names it any more. */
export interface Session {
  readonly lease: Lease;
  /** Aborts when the session is over, for good. */
  readonly over: AbortSignal;
  /** False once the last acknowledged renewal is too long ago: begin no send. */
  isTrusted(): boolean;
  /** True as soon as the session is trusted; false when it is over or the signal aborts. */
  whenTrusted(signal: AbortSignal): Promise<boolean>;
}

/** What the heartbeat alone may do with it. */
export interface OwnedSession extends Session {
  renewed(sentAt: Moment): void;
  end(): void;
}

export function createSession(lease: Lease, sentAt: Moment, timing: LeaseTiming, clock: Clock): OwnedSession {
  let trust: TrustWindow = trustSince(sentAt, timing);
  const over = widelyHeard();
  const waiting = new Set<() => void>();
  const notify = () => {
    for (const resolve of waiting) resolve();
    waiting.clear();
  };
  const trusted = () => !over.signal.aborted && isTrusted(trust, momentOf(clock));
  return {
    lease,
    over: over.signal,
    isTrusted: trusted,
    async whenTrusted(signal) {
      while (!trusted()) {
        if (over.signal.aborted || signal.aborted) return false;
        const { promise, resolve } = withResolvers();
        waiting.add(resolve);
        signal.addEventListener("abort", resolve, { once: true });
        await promise;
        signal.removeEventListener("abort", resolve);
        waiting.delete(resolve);
      }
      return true;
    },
    renewed(at) {
      trust = trustSince(at, timing);
      notify();
    },
    end() {
      over.abort();
      notify();
    },
  };
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
