import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

const LOOK_MS = 200;

/** A mongod that runs on this machine, ours or one that a former agent left. */
export interface MongodProcess {
  readonly pid: number;
  /** Resolves when it has ended, with its exit code where that can be known. */
  readonly ended: Promise<number | undefined>;
  hasEnded(): boolean;
}

/**
 * Starts a mongod in its own process group: Ctrl-C reaches the agent alone, which stops its mongod last.
 * @throws the error of the operating system when it can't be started
 */
export function spawnMongod(binary: string, args: readonly string[]): Promise<MongodProcess> {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, args, { detached: true, stdio: "ignore", windowsHide: true });
    let hasEnded = false;
    const ended = new Promise<number | undefined>((end) => {
      child.on("exit", (exitCode) => {
        hasEnded = true;
        end(exitCode ?? undefined);
      });
    });
    child.on("error", reject);
    child.on("spawn", () => {
      // The agent decides how long its mongod lives, not the other way round.
      child.unref();
      if (child.pid !== undefined) resolve({ pid: child.pid, ended, hasEnded: () => hasEnded });
    });
  });
}

/** Follows a mongod that is not our child, whose end nobody tells us. */
export function followMongod(pid: number): MongodProcess {
  const ended = new Promise<undefined>((end) => {
    const timer = setInterval(() => {
      if (isAlive(pid)) return;
      clearInterval(timer);
      end(undefined);
    }, LOOK_MS);
    timer.unref();
  });
  return { pid, ended, hasEnded: () => !isAlive(pid) };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (err) {
    return err instanceof Error && "code" in err && err.code === "EPERM";
  }
  return !isZombie(pid);
}

/** In a container without an init nobody collects the child of a dead agent; its pid stays, its life does not. */
function isZombie(pid: number): boolean {
  if (process.platform !== "linux") return false;
  try {
    const status = readFileSync(`/proc/${pid}/stat`, "utf8");
    return status.slice(status.lastIndexOf(")") + 2).startsWith("Z");
  } catch {
    return false;
  }
}
