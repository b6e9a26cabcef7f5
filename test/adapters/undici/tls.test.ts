import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { clientOf, fetchOnce, get } from "./client-fixture.ts";
import { listen } from "./hostile-server.ts";
import { TEST_CERTIFICATE, TEST_KEY } from "./test-certificate.ts";

let folder: string;
let caFile: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fleetcron-tls-"));
  caFile = join(folder, "ca.pem");
  await writeFile(caFile, TEST_CERTIFICATE);
});
afterEach(() => rm(folder, { recursive: true }));

async function serveTls(): Promise<number> {
  const server = createServer({ key: TEST_KEY, cert: TEST_CERTIFICATE }, (_request, response) => response.end("safe"));
  return listen(server, () => server.closeAllConnections());
}

test("a certificate that egress.ca_file adds is trusted", async () => {
  const port = await serveTls();
  expect(await fetchOnce(get(`https://localhost:${port}/`), { caFile })).toMatchObject({ status: 200, body: "safe" });
});

test("a ca_file that can't be read or holds no certificate stops the client from being made", async () => {
  expect(() => clientOf({ caFile: join(folder, "none.pem") })).toThrow("can't be read: check egress.ca_file");
  await writeFile(caFile, "nothing");
  expect(() => clientOf({ caFile })).toThrow("holds no certificate in PEM form");
});
