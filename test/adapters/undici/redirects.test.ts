import { describe, expect, test } from "vitest";
import { nextHop } from "../../../src/adapters/undici/redirect.ts";
import type { Hop } from "../../../src/adapters/undici/redirect.ts";
import { fetchOnce, get } from "./client-fixture.ts";
import { bodyOf, serve } from "./hostile-server.ts";

const credentials = {
  Authorization: "Bearer t",
  Cookie: "a=b",
  "X-Api-Key": "k",
  "X-Custom-Key": "k",
  "Private-Token": "t",
  "X-Tenant": "t",
  Host: "first.test",
};
const harmless = { "Idempotency-Key": "run:0", Accept: "text/plain", "X-FleetCron-Fence": "7" };

function hop(overrides: Partial<Hop> = {}): Hop {
  return {
    method: "POST",
    url: new URL("https://first.test/a/b"),
    headers: { ...credentials, ...harmless, "Content-Type": "text/plain" },
    body: "x",
    ...overrides,
  };
}
function next(from: Hop, status: number, location: string): Hop {
  const found = nextHop(from, status, location);
  if (found.kind !== "hop") throw new Error(found.kind);
  return found.hop;
}
const refusal = (from: Hop, location: string): string => {
  const found = nextHop(from, 307, location);
  return found.kind === "refused" ? found.reason : found.kind;
};

describe("a redirect", () => {
  test.each([301, 302, 303])("of %i turns a POST into a GET without body", (status) => {
    const second = next(hop(), status, "/c");
    expect(second).toMatchObject({ method: "GET", body: undefined });
    expect(second.url.href).toBe("https://first.test/c");
    expect(second.headers).not.toHaveProperty("Content-Type");
  });

  test.each([307, 308])("of %i keeps method and body", (status) => {
    expect(next(hop(), status, "c")).toMatchObject({ method: "POST", body: "x" });
  });

  test("leaves HEAD a HEAD", () =>
    expect(next(hop({ method: "HEAD", body: undefined }), 303, "/c").method).toBe("HEAD"));

  test("within an origin keeps every header", () => {
    expect(next(hop(), 307, "/c").headers).toMatchObject({ ...credentials, ...harmless });
  });

  test.each(["https://second.test/", "https://first.test:8443/", "https://sub.first.test/"])(
    "to %s drops every header that may carry a secret, whatever its name",
    (location) => {
      const { headers } = next(hop(), 307, location);
      expect(headers).toEqual({ ...harmless, "Content-Type": "text/plain" });
    },
  );

  test.each([
    ["file:///etc/passwd", "only http and https are followed"],
    ["http://user:pw@second.test/", "user name or password"],
    ["http://first.test/", "the body is not sent unencrypted"],
    ["http://[", "not a URL"],
  ])("to %s is refused", (location, words) => expect(refusal(hop(), location)).toContain(words));

  test("without an address is the answer", () => expect(nextHop(hop(), 302, undefined).kind).toBe("answer"));
  test.each([300, 304, 200])("is not what %i is", (status) => expect(nextHop(hop(), status, "/c").kind).toBe("answer"));
});

describe("following redirects", () => {
  test("carries on to the answer, across origins without credentials", async () => {
    const second = await serve(async (request, response) => {
      response.end(
        `${request.method} ${request.headers.authorization} ${String(request.headers["x-tenant"])} ${request.headers["user-agent"]} ${await bodyOf(request)}`,
      );
    });
    const first = await serve((_request, response) => {
      response.writeHead(307, { Location: `${second}/end` });
      response.end("ignored");
    });
    const headers = { Authorization: "Bearer t", "X-Tenant": "t", "User-Agent": "mine" };
    expect(await fetchOnce(get(first, { method: "POST", headers, body: "data" }))).toMatchObject({
      status: 200,
      body: "POST undefined undefined mine data",
    });
  });

  test("shares one deadline", async () => {
    const origin = await serve((_request, response) => {
      setTimeout(() => {
        response.writeHead(302, { Location: "/again" });
        response.end();
      }, 80);
    });
    expect(await fetchOnce(get(origin, { timeoutMs: 200, redirects: 5 }))).toMatchObject({ cause: "timeout" });
  });
});
