import type { Answer, Respond } from "../stage/stand-in.ts";
import { createOAuth1Verifier, type Credentials } from "./verify-oauth1.ts";

/** As MAAS gives it: `consumer:token:secret`; the secret of the consumer is empty. */
export const MAAS_KEY = "Jk3x9:qF7v:s3cr3t/with+signs%";

const [consumerKey = "", token = "", tokenSecret = ""] = MAAS_KEY.split(":");
const CREDENTIALS: Credentials = { consumerKey, consumerSecret: "", token, tokenSecret };

/** A MAAS server that knows some racks. */
export interface Maas {
  readonly respond: Respond;
  /** Why requests were refused. */
  readonly refusals: readonly string[];
}

/** @param racks host names by tag; a rack in `failsAtFirst` is answered with 503 the first time */
export function createMaas(racks: Readonly<Record<string, readonly string[]>>, failsAtFirst: string): Maas {
  const verifier = createOAuth1Verifier(CREDENTIALS, Date.now);
  const refusals: string[] = [];
  let hasFailed = false;
  return {
    refusals,
    respond({ method, path, params, headers }): Answer {
      if (method !== "GET" || path !== "/MAAS/api/2.0/machines/") return { status: 404, body: {} };
      const refusal = verifier.refusal(headers["authorization"]);
      if (refusal !== undefined) {
        refusals.push(refusal);
        return { status: 401, body: { error: refusal } };
      }
      const tag = params.get("tags") ?? "";
      if (tag === failsAtFirst && !hasFailed) {
        hasFailed = true;
        return { status: 503, body: { error: "the region controller starts" } };
      }
      const hosts = racks[tag] ?? [];
      return { status: 200, body: hosts.map((hostname) => ({ hostname, tag_names: [tag], status_name: "Deployed" })) };
    },
  };
}
