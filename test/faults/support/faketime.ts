import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "vitest";

/** Where distributions put it; `FAKETIME_LIB` names another place. */
const LIB_FOLDERS = ["/usr/lib", "/usr/lib64", "/usr/local/lib"];
const LIB_NAME = "libfaketime.so.1";

/** Environments of processes whose clocks lie, made by libfaketime. Timers stay true unless a rate says otherwise. */
export interface FakeTime {
  /** The wall clock is off by so much; the monotonic one is true. */
  shifted(byMs: number): Readonly<Record<string, string>>;
  /** Both clocks run at another rate, and the wall clock is off besides. */
  drifting(byMs: number, rate: number): Readonly<Record<string, string>>;
  /** The wall clock shows `at` when the process starts; both clocks, and all timers, run at this rate. */
  startingAt(at: number, rate: number): Readonly<Record<string, string>>;
  /** Clocks that can be moved while processes run. */
  movable(which: "wall" | "wall and monotonic", byMs?: number): Promise<MovableClock>;
}

interface MovableClock {
  readonly env: Readonly<Record<string, string>>;
  /** From this moment on the clock is off by so much. */
  moveTo(byMs: number): Promise<void>;
}

/** libfaketime of this machine; where there is none the test is skipped, and says so. */
export function needFakeTime(context: TestContext): FakeTime {
  const lib = findLib();
  if (lib === undefined)
    return context.skip("libfaketime is not installed (Debian: libfaketime; or set FAKETIME_LIB to its .so.1)");
  const base = { LD_PRELOAD: lib, TZ: "UTC", FAKETIME_NO_CACHE: "1" };
  const trueTimers = { DONT_FAKE_MONOTONIC: "1" };
  return {
    shifted: (byMs) => ({ ...base, ...trueTimers, FAKETIME: offset(byMs) }),
    drifting: (byMs, rate) => ({ ...base, FAKETIME: `${offset(byMs)} x${rate}` }),
    startingAt: (at, rate) => ({ ...base, FAKETIME: `@${stamp(at)} x${rate}` }),
    async movable(which, byMs = 0) {
      const folder = await mkdtemp(join(tmpdir(), "fleetcron-clock-"));
      context.onTestFinished(() => rm(folder, { recursive: true, force: true }));
      const file = join(folder, "faketime.rc");
      const moveTo = async (nextMs: number) => {
        // Renamed into place: a reader never meets half a file.
        await writeFile(`${file}.next`, `${offset(nextMs)}\n`);
        await rename(`${file}.next`, file);
      };
      await moveTo(byMs);
      const env = { ...base, ...(which === "wall" ? trueTimers : {}), FAKETIME_TIMESTAMP_FILE: file };
      return { env, moveTo };
    },
  };
}

function findLib(): string | undefined {
  const named = process.env["FAKETIME_LIB"];
  if (named !== undefined) return existsSync(named) ? named : undefined;
  const folders = LIB_FOLDERS.filter((it) => existsSync(it));
  const places = folders.flatMap((it) => [it, ...readdirSync(it).map((name) => join(it, name))]);
  return places.flatMap((it) => [join(it, "faketime", LIB_NAME), join(it, LIB_NAME)]).find((it) => existsSync(it));
}

function offset(byMs: number): string {
  return `${byMs < 0 ? "-" : "+"}${(Math.abs(byMs) / 1_000).toFixed(3)}`;
}

/** In UTC, which is what the faked process is told its zone is. */
function stamp(at: number): string {
  return new Date(at).toISOString().replace("T", " ").slice(0, 19);
}
