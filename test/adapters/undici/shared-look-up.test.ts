import type { LookupAddress } from "node:dns";
import { expect, test } from "vitest";
import { shareLookUps } from "../../../src/adapters/undici/shared-look-up.ts";

/** Look-ups that stay open until they are answered here. */
function slowNameServer() {
  const asked: { readonly host: string; answer(addresses: readonly LookupAddress[]): void; fail(): void }[] = [];
  const lookUp = shareLookUps(
    (host) =>
      new Promise((resolve, reject) => {
        asked.push({ host, answer: resolve, fail: () => reject(new Error("no such host")) });
      }),
  );
  return { asked, lookUp };
}

const ONE = [{ address: "192.0.2.1", family: 4 }];
const OTHER = [{ address: "192.0.2.2", family: 4 }];

test("many requests to a name that is being looked up ask the system once and share the answer", async () => {
  const { asked, lookUp } = slowNameServer();
  const answers = Promise.all([lookUp("a.test"), lookUp("a.test"), lookUp("b.test")]);
  expect(asked.map((it) => it.host)).toEqual(["a.test", "b.test"]);
  asked[0]?.answer(ONE);
  asked[1]?.answer(OTHER);
  expect(await answers).toEqual([ONE, ONE, OTHER]);
});

test("an answer is not kept: the next request asks again", async () => {
  const { asked, lookUp } = slowNameServer();
  const first = lookUp("a.test");
  asked[0]?.answer(ONE);
  await first;
  const second = lookUp("a.test");
  asked[1]?.answer(OTHER);
  expect(await second).toEqual(OTHER);
});

test("a failure reaches all who wait for it, and the next request asks again", async () => {
  const { asked, lookUp } = slowNameServer();
  const both = Promise.allSettled([lookUp("a.test"), lookUp("a.test")]);
  asked[0]?.fail();
  expect((await both).map((it) => it.status)).toEqual(["rejected", "rejected"]);
  const next = lookUp("a.test");
  asked[1]?.answer(ONE);
  expect(await next).toEqual(ONE);
});
