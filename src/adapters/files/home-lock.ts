import { constants } from "node:fs";
import { type FileHandle, open, realpath, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { lock as takeLockFile } from "proper-lockfile";
import { EXIT, ExitError } from "../../model/errors.ts";
import { createSystemClock } from "../system/system-clock.ts";
import { readBootId } from "./boot-id.ts";
import { errorCode, reasonOf } from "./file-error.ts";
import { bindLifeSocket, type LifeSocket, lookForLife, type Sighting } from "./life-socket.ts";
import { lifeSocketPath } from "./life-socket-path.ts";

/** Age at which the lock of a killed agent may be taken; its holder renews it each `LOCK_UPDATE_MS`. */
const LOCK_STALE_MS = 5_000;
const LOCK_UPDATE_MS = 1_000;
/** Together longer than the stale age, so that a start right after a kill waits instead of failing. */
const LOCK_TRIES = 13;
const LOCK_PAUSE_MS = 500;
/** Looks without a renewal between them after which its holder is gone: three renewals would have been due. */
const UNRENEWED_LOOKS = 7;

/**
 * One agent per home. The lock file decides between those that start at the same time; the socket beside it proves
 * that the former agent is dead, which an age never does: a stopped process keeps the socket and may go on at any time.
 */
export interface HomeLock {
  /** Boot id, device and inode of the lock: two agents of one place can't be alive together. */
  readonly place: string;
  readonly bootId: string;
  /** Called once, also when it has happened before, if the lock was lost: stop at once. */
  onCompromised(callback: (reason: Error) => void): void;
  /** Gives the home back. Safe to call twice. */
  release(): Promise<void>;
}

/** @throws {ExitError} `locked` when another agent has this home, `usage` when the lock can't be made there. */
export async function acquireHomeLock(home: string): Promise<HomeLock> {
  const path = join(home, "agent.lock");
  const compromise = createCompromise();
  let unlock: (() => Promise<void>) | undefined;
  try {
    const bootId = await readBootId();
    const file = await openLockFile(path);
    try {
      const socketPath = lifeSocketPath(await realpath(home));
      unlock = await takeLock(home, path, file, socketPath, compromise.happen);
      const socket = await bindLifeSocket(socketPath);
      await note(file, { pid: process.pid, socket: socketPath }).catch(async (err: unknown) => {
        await socket.close();
        throw err;
      });
      const { dev, ino } = await file.stat({ bigint: true });
      return {
        place: `${bootId}:${dev}:${ino}`,
        bootId,
        onCompromised: compromise.onHappened,
        release: once(() => release(socket, unlock)),
      };
    } finally {
      await file.close();
    }
  } catch (err) {
    await unlock?.().catch(() => {});
    if (err instanceof ExitError) throw err;
    throw new ExitError(
      EXIT.usage,
      `agent.lock in the home ${home} can't be taken: ${reasonOf(err)}`,
      "make the folder writable for this user, or name another one with FLEETCRON_HOME",
    );
  }
}

/** Opened and not replaced: its inode is a part of the place. */
function openLockFile(path: string): Promise<FileHandle> {
  const noLinks = process.platform === "win32" ? 0 : constants.O_NOFOLLOW;
  return open(path, constants.O_RDWR | constants.O_CREAT | noLinks, 0o600);
}

async function takeLock(
  home: string,
  path: string,
  file: FileHandle,
  socketPath: string,
  onCompromised: (reason: Error) => void,
): Promise<() => Promise<void>> {
  const clock = createSystemClock();
  let renewal = "";
  let looks = 0;
  for (let tries = 1; ; tries++) {
    await refuseLivingHolder(home, file, socketPath);
    const seen = await renewalOf(path);
    looks = seen === renewal ? looks + 1 : 1;
    renewal = seen;
    if (looks === UNRENEWED_LOOKS) await removeUnrenewed(path);
    try {
      const unlock = await takeLockFile(path, {
        stale: LOCK_STALE_MS,
        update: LOCK_UPDATE_MS,
        retries: 0,
        onCompromised,
      });
      return await checkedOnceMore(unlock, () => refuseLivingHolder(home, file, socketPath));
    } catch (err) {
      if (errorCode(err) !== "ELOCKED") throw err;
      if (tries === LOCK_TRIES) throw heldWithoutSocket(home);
    }
    await clock.sleep(LOCK_PAUSE_MS);
  }
}

/** A text that changes with every renewal of the lock. */
async function renewalOf(path: string): Promise<string> {
  const facts = await stat(`${path}.lock`, { bigint: true }).catch(() => undefined);
  return facts === undefined ? "free" : `${facts.ino}:${facts.mtimeNs}`;
}

/**
 * The socket says that nobody lives and nobody renewed it in seconds. Its age alone would say so later, and not for
 * years when the clock of this machine went back after its holder died.
 */
async function removeUnrenewed(path: string): Promise<void> {
  await rmdir(`${path}.lock`).catch(() => {});
}

/** Another may have bound the socket between the look and the lock, and been stopped since. */
async function checkedOnceMore(unlock: () => Promise<void>, check: () => Promise<void>): Promise<() => Promise<void>> {
  try {
    await check();
    return unlock;
  } catch (err) {
    await unlock();
    throw err;
  }
}

async function refuseLivingHolder(home: string, file: FileHandle, socketPath: string): Promise<void> {
  const last = await lastHolder(file);
  // A holder with other temporary folders than ours has its socket where it noted it.
  const paths = new Set([socketPath, ...(last.socket === undefined ? [] : [last.socket])]);
  for (const path of paths) {
    const sighting = await lookForLife(path);
    if (sighting.life === "alive") throw heldBy(home, sighting, last.pid);
  }
}

function heldBy(home: string, sighting: Extract<Sighting, { life: "alive" }>, notedPid: number | undefined): ExitError {
  if (sighting.pid !== undefined) {
    return new ExitError(
      EXIT.locked,
      `another agent (process ${sighting.pid}) runs in the home ${home}`,
      "stop that one first, or give this one its own folder with FLEETCRON_HOME",
    );
  }
  const who = notedPid === undefined ? "another agent" : `another agent (process ${notedPid})`;
  return new ExitError(
    EXIT.locked,
    `${who} holds the home ${home} and does not answer; it may be stopped and go on at any time`,
    "let it go on (signal CONT) or end it (signal KILL), then start again",
  );
}

function heldWithoutSocket(home: string): ExitError {
  return new ExitError(
    EXIT.locked,
    `another agent holds the lock of the home ${home}`,
    "stop that one first, or give this one its own folder with FLEETCRON_HOME",
  );
}

interface Holder {
  readonly pid: number | undefined;
  readonly socket: string | undefined;
}

async function lastHolder(file: FileHandle): Promise<Holder> {
  const buffer = Buffer.alloc(1_024);
  const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
  try {
    const content: unknown = JSON.parse(buffer.toString("utf8", 0, bytesRead));
    if (typeof content !== "object" || content === null) return { pid: undefined, socket: undefined };
    return {
      pid: "pid" in content && typeof content.pid === "number" ? content.pid : undefined,
      socket: "socket" in content && typeof content.socket === "string" ? content.socket : undefined,
    };
  } catch {
    // Empty at first, and half-written when its holder died: it only helps, the socket decides.
    return { pid: undefined, socket: undefined };
  }
}

async function note(file: FileHandle, holder: Holder): Promise<void> {
  await file.truncate(0);
  await file.write(`${JSON.stringify(holder)}\n`, 0);
}

async function release(socket: LifeSocket, unlock: (() => Promise<void>) | undefined): Promise<void> {
  // The socket first: whoever gets the lock next must not find it.
  await socket.close();
  await unlock?.().catch((err: unknown) => {
    // A lost lock is another's by now.
    if (errorCode(err) !== "ERELEASED" && errorCode(err) !== "ENOTACQUIRED") throw err;
  });
}

function createCompromise() {
  let reason: Error | undefined;
  const callbacks: ((reason: Error) => void)[] = [];
  return {
    happen: (err: Error): void => {
      reason = err;
      for (const callback of callbacks) callback(err);
    },
    onHappened: (callback: (reason: Error) => void): void => {
      if (reason === undefined) callbacks.push(callback);
      else callback(reason);
    },
  };
}

function once(action: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= action();
    return done;
  };
}
