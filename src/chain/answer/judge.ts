import type { HttpOutcome } from "../ports/http-client.ts";

/** What an attempt came to. */
export type Verdict =
  | { readonly kind: "ok"; readonly statusCode: number }
  | {
      readonly kind: "failed";
      readonly statusCode: number | undefined;
      /** In plain words; may hold a secret until redacted. */
      readonly error: string;
      /** False where the same request can only fail the same way: our own policy refused it. */
      readonly mayRetry: boolean;
    };

/** 2xx is ok, everything else has failed, 304 too. */
export function judge(outcome: HttpOutcome): Verdict {
  if (outcome.kind === "failure") {
    return { kind: "failed", statusCode: undefined, error: outcome.message, mayRetry: outcome.cause !== "refused" };
  }
  const { status } = outcome;
  if (status >= 200 && status <= 299) return { kind: "ok", statusCode: status };
  return { kind: "failed", statusCode: status, error: `HTTP ${status}`, mayRetry: true };
}
