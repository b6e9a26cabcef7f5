import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { fetchOfficial } from "../../../src/adapters/mongod/fetch-official.ts";
import { cachedMongods } from "../../../src/adapters/mongod/mongod-cache.ts";
import { scratchFolder } from "../files/scratch-folder.ts";
import { fakeMongod } from "./fake-programs.ts";

/** MongoDB's site as far as a download needs it: any archive that is asked for, and its md5. */
async function startSite(version: string): Promise<string> {
  const folder = await scratchFolder();
  await mkdir(join(folder, "bin"));
  await fakeMongod(join(folder, "bin", "mongod"), version);
  execFileSync("tar", ["-czf", join(folder, "archive.tgz"), "-C", folder, "bin"]);
  const archive = await readFile(join(folder, "archive.tgz"));
  const md5 = createHash("md5").update(archive).digest("hex");
  const server = createServer((request, response) => {
    const body = request.url?.endsWith(".md5") ? Buffer.from(`${md5}  archive.tgz\n`) : archive;
    response.writeHead(200, { "content-length": body.length }).end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("a mongod from MongoDB's site becomes a cached program, with nothing written to stdout", async () => {
  const site = await startSite("7.0.28");
  // The package reads these from the environment of the process.
  vi.stubEnv("MONGOMS_DOWNLOAD_MIRROR", site);
  vi.stubEnv("MONGOMS_USE_HTTP", "true");
  const [log, stdout] = [vi.spyOn(console, "log"), vi.spyOn(process.stdout, "write")];
  onTestFinished(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });
  const cacheDir = await scratchFolder();
  const said: string[] = [];

  const lookup = await fetchOfficial({
    env: { MONGOMS_DOWNLOAD_MIRROR: site },
    cacheDir,
    progress: (line) => void said.push(line),
  });

  const [path] = await cachedMongods(cacheDir);
  expect(lookup).toEqual({ outcome: "found", mongod: { path, version: "7.0.28", source: "MongoDB's own site" } });
  expect(said[0]).toBe("downloading MongoDB 7.0.28 from its own site");
  expect(said.at(-1)).toMatch(/^downloaded 100 % of/);
  expect(log).not.toHaveBeenCalled();
  expect(stdout).not.toHaveBeenCalled();
});

test("a name that can't be looked up skips the download and says so", async () => {
  const lookup = await fetchOfficial({
    env: { MONGOMS_DOWNLOAD_MIRROR: "https://mongodb.invalid" },
    cacheDir: await scratchFolder(),
    progress: () => expect.fail("it began to download"),
  });

  expect(lookup).toEqual({ outcome: "none", reason: expect.stringMatching(/mongodb\.invalid/) });
});
