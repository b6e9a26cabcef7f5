import { describe, expect, test } from "vitest";
import { createOAuth1Verifier } from "../../examples/lab-monitor/verify-oauth1.ts";

const NOW_SEC = 1_800_000_000;
const CREDENTIALS = { consumerKey: "ck", consumerSecret: "", token: "tk", tokenSecret: "s ecret/%" };
const SIGNATURE = `&${encodeURIComponent(CREDENTIALS.tokenSecret)}`;

function header(changes: Readonly<Record<string, string>> = {}): string {
  const params = {
    oauth_consumer_key: "ck",
    oauth_token: "tk",
    oauth_signature_method: "PLAINTEXT",
    oauth_timestamp: String(NOW_SEC),
    oauth_nonce: "n1",
    oauth_version: "1.0",
    oauth_signature: SIGNATURE,
    ...changes,
  };
  return `OAuth ${Object.entries(params)
    .map(([name, value]) => `${name}="${encodeURIComponent(value)}"`)
    .join(", ")}`;
}

function refusalOf(authorization: string | undefined): string | undefined {
  return createOAuth1Verifier(CREDENTIALS, () => NOW_SEC * 1_000).refusal(authorization);
}

describe("the OAuth 1 check of the MAAS stand-in", () => {
  test("takes the PLAINTEXT signature of RFC 5849 and none that is only like it", () => {
    expect(refusalOf(header())).toBeUndefined();
    for (const wrong of ["&", "&s ecret/%", `${SIGNATURE}&`, encodeURIComponent(SIGNATURE), `x${SIGNATURE}`, ""])
      expect([wrong, refusalOf(header({ oauth_signature: wrong }))]).toEqual([wrong, "wrong signature"]);
  });

  test("refuses a nonce that came before, an old time, another key and no header at all", () => {
    const verifier = createOAuth1Verifier(CREDENTIALS, () => NOW_SEC * 1_000);
    expect(verifier.refusal(header())).toBeUndefined();
    expect(verifier.refusal(header())).toBe("used nonce");
    expect(refusalOf(header({ oauth_timestamp: String(NOW_SEC - 3_600) }))).toBe("stale timestamp");
    expect(refusalOf(header({ oauth_consumer_key: "other" }))).toBe("unknown consumer");
    expect(refusalOf(header({ oauth_token: "other" }))).toBe("unknown token");
    expect(refusalOf(undefined)).toBe("no OAuth header");
    expect(refusalOf("Bearer x")).toBe("no OAuth header");
  });
});
