import { chmod, mkdir, readdir, rmdir, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { acquireHomeLock, type HomeLock } from "../../../src/adapters/files/home-lock.ts";
import { EXIT } from "../../../src/model/errors.ts";
import { type OtherProcess, startProcess } from "./other-process.ts";
import { scratchFolder } from "./scratch-folder.ts";

async function takeLock(home: string): Promise<HomeLock> {
  const lock = await acquireHomeLock(home);
  onTestFinished(() => lock.release());
  return lock;
}

function startHolder(home: string): OtherProcess {
  const holder = startProcess(
    "src/adapters/files/home-lock.ts",
    `try {
       const lock = await module.acquireHomeLock(${JSON.stringify(home)});
       process.on("SIGTERM", async () => { await lock.release(); process.exit(); });
       setInterval(() => {}, 1000);
       say("held " + lock.place);
     } catch (err) { say("refused " + err.exitCode + " " + err.message); }`,
  );
  onTestFinished(() => holder.signal("SIGKILL"));
  return holder;
}

/** As if the holder had not renewed its lock for an hour. */
async function makeLockOld(home: string): Promise<void> {
  const hourAgo = Date.now() / 1_000 - 3_600;
  await utimes(join(home, "agent.lock.lock"), hourAgo, hourAgo);
}

describe("one agent per home", () => {
  test("a second process is refused while the first lives, and told which one that is", async () => {
    const home = await scratchFolder();
    const first = startHolder(home);
    expect(await first.nextLine()).toMatch(/^held /);

    const second = startHolder(home);

    expect(await second.nextLine()).toBe(
      `refused ${EXIT.locked} another agent (process ${first.pid}) runs in the home ${home}`,
    );
  });

  test("a stopped process keeps its home, however old its lock is", async () => {
    const home = await scratchFolder();
    const holder = startHolder(home);
    await holder.nextLine();
    holder.signal("SIGSTOP");
    await makeLockOld(home);

    await expect(acquireHomeLock(home)).rejects.toMatchObject({
      exitCode: EXIT.locked,
      message: expect.stringContaining(`(process ${holder.pid}) holds the home ${home} and does not answer`),
    });
  });

  test("after kill -9 the next process gets the same place", async () => {
    const home = await scratchFolder();
    const holder = startHolder(home);
    const place = (await holder.nextLine()).slice("held ".length);
    holder.signal("SIGKILL");
    await holder.ended;

    expect((await takeLock(home)).place).toBe(place);
  });

  test("after a clean stop the next process gets the home at once", async () => {
    const home = await scratchFolder();
    const holder = startHolder(home);
    await holder.nextLine();
    holder.signal("SIGTERM");
    await holder.ended;

    expect(await readdir(home)).toEqual(["agent.lock"]);
    await takeLock(home);
  });

  test("of two that start at once exactly one gets the home", async () => {
    const home = await scratchFolder();
    const [one, other] = [startHolder(home), startHolder(home)];

    const answers = await Promise.all([one.nextLine(), other.nextLine()]);

    expect(answers.filter((answer) => answer.startsWith("held"))).toHaveLength(1);
    expect(answers.filter((answer) => answer.startsWith(`refused ${EXIT.locked}`))).toHaveLength(1);
  });

  test("a lock from the future, left by a clock that went back, is taken when nobody renews it", async () => {
    const home = await scratchFolder();
    await mkdir(join(home, "agent.lock.lock"));
    const nextYear = Date.now() / 1_000 + 365 * 86_400;
    await utimes(join(home, "agent.lock.lock"), nextYear, nextYear);

    await expect(takeLock(home)).resolves.toBeDefined();
  });

  test("a home with a very long path is held as well", async () => {
    const home = join(await scratchFolder(), "long".repeat(40));
    await mkdir(home);
    await takeLock(home);

    await expect(acquireHomeLock(home)).rejects.toMatchObject({ exitCode: EXIT.locked });
  });

  test("the same home by another way is the same home", async () => {
    const home = await scratchFolder();
    const link = join(await scratchFolder(), "link");
    await symlink(home, link);
    await takeLock(home);

    await expect(acquireHomeLock(link)).rejects.toMatchObject({ exitCode: EXIT.locked });
  });

  test("two homes are two places", async () => {
    const [one, other] = [await takeLock(await scratchFolder()), await takeLock(await scratchFolder())];

    expect(one.place).not.toBe(other.place);
    expect(one.place.startsWith(`${one.bootId}:`)).toBe(true);
    expect(one.bootId).toBe(other.bootId);
  });

  test("giving it back twice does no harm to whoever has it next", async () => {
    const home = await scratchFolder();
    const former = await acquireHomeLock(home);
    await former.release();
    await takeLock(home);

    await former.release();

    await expect(acquireHomeLock(home)).rejects.toMatchObject({ exitCode: EXIT.locked });
  });

  test("a holder whose lock is taken away hears of it, also when it listens late", async () => {
    const home = await scratchFolder();
    const lock = await takeLock(home);
    const heard = new Promise<Error>((resolve) => lock.onCompromised(resolve));
    await rmdir(join(home, "agent.lock.lock"));

    expect((await heard).message).toMatch(/agent\.lock/);
    expect(await new Promise<Error>((resolve) => lock.onCompromised(resolve))).toBe(await heard);
  });

  test("a file in the place of the socket is in nobody's way", async () => {
    const home = await scratchFolder();
    await writeFile(join(home, "agent.sock"), "");

    await expect(takeLock(home)).resolves.toBeDefined();
  });

  test("only the owner may use the lock and the socket", async () => {
    const home = await scratchFolder();
    await takeLock(home);

    expect((await stat(join(home, "agent.lock"))).mode & 0o777).toBe(0o600);
    expect((await stat(join(home, "agent.sock"))).mode & 0o777).toBe(0o600);
  });
});

describe("a home that can't be locked is refused with its reason", () => {
  test("missing", async () => {
    const home = join(await scratchFolder(), "missing");

    await expect(acquireHomeLock(home)).rejects.toMatchObject({
      exitCode: EXIT.usage,
      message: `agent.lock in the home ${home} can't be taken: it does not exist (ENOENT)`,
    });
  });

  test("its lock is a symbolic link", async () => {
    const home = await scratchFolder();
    await symlink(join(home, "elsewhere"), join(home, "agent.lock"));

    await expect(acquireHomeLock(home)).rejects.toMatchObject({
      exitCode: EXIT.usage,
      message: expect.stringContaining("symbolic link"),
    });
    await expect(stat(join(home, "elsewhere"))).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("not writable for this user", async () => {
    const home = await scratchFolder();
    await chmod(home, 0o555);
    const process = startProcess(
      "src/adapters/files/home-lock.ts",
      `await module.acquireHomeLock(${JSON.stringify(home)}).catch((err) => say(err.exitCode + " " + err.message));`,
      "ordinary user",
    );

    expect(await process.nextLine()).toBe(
      `${EXIT.usage} agent.lock in the home ${home} can't be taken: permission denied (EACCES)`,
    );
  });
});
