import { chmod, rename, rm, stat } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { errorCode } from "./file-error.ts";
import { socketDraftPath } from "./life-socket-path.ts";

/** How long a holder may take to say its process id; a stopped one never does. */
const ANSWER_MS_MAX = 500;

/**
 * What a socket tells about the process that bound it. The kernel holds a bound socket for as long as the process
 * exists, stopped or not, and refuses connections as soon as it is dead; nothing has to be timed.
 */
export type Sighting =
  | { readonly life: "none" }
  /** `pid` is `undefined` when it is alive and does not answer: stopped, or very busy. */
  | { readonly life: "alive"; readonly pid: number | undefined };

export interface LifeSocket {
  close(): Promise<void>;
}

/** @throws the error of the operating system when it can't be told, e.g. `EACCES`. */
export function lookForLife(path: string): Promise<Sighting> {
  return new Promise<Sighting>((resolve, reject) => {
    let heard = "";
    const socket = connect(path);
    const end = (sighting: Sighting) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(sighting);
    };
    const timer = setTimeout(() => end({ life: "alive", pid: undefined }), ANSWER_MS_MAX);
    socket.setEncoding("utf8");
    socket.on("data", (piece: string) => {
      heard += piece;
    });
    socket.on("end", () => end({ life: "alive", pid: Number.parseInt(heard, 10) || undefined }));
    socket.on("error", (err) => {
      const code = errorCode(err);
      if (code === "ECONNREFUSED" || code === "ENOENT" || code === "ENOTSOCK") end({ life: "none" });
      // The queue of a process that accepts nothing is full; or it went away while it answered.
      else if (code === "EAGAIN" || code === "ECONNRESET" || code === "EPIPE") end({ life: "alive", pid: undefined });
      else {
        clearTimeout(timer);
        reject(err);
      }
    });
  });
}

/**
 * Binds the socket of this process, in place of one that a dead process left.
 * Only whoever holds the lock of the home may call it: two at once could take each other's place.
 */
export async function bindLifeSocket(path: string): Promise<LifeSocket> {
  const server = createServer(sayPid);
  // The lock must not keep a process alive that has nothing left to do.
  server.unref();
  server.on("error", () => {});
  if (process.platform === "win32") {
    await listen(server, path);
    return { close: () => close(server) };
  }
  // Node removes the name that it bound, whoever has it by then; under the draft's name that hurts nobody.
  const draft = socketDraftPath(path);
  await rm(draft, { force: true });
  await listen(server, draft);
  await chmod(draft, 0o600);
  const { ino } = await stat(draft, { bigint: true });
  await rename(draft, path);

  return {
    async close() {
      const there = await stat(path, { bigint: true }).catch(() => undefined);
      if (there?.ino === ino) await rm(path, { force: true });
      await close(server);
    },
  };
}

function sayPid(socket: Socket): void {
  socket.on("error", () => {});
  socket.end(`${process.pid}\n`);
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
