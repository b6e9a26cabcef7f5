import { createHash } from "node:crypto";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

/** Socket addresses hold 104 bytes on macOS and 108 on Linux; some are left for the name of a draft. */
const SOCKET_PATH_BYTES_MAX = 100;

/**
 * Where the socket of a home lies: in the home, or under a short name among the temporary files when that is too long;
 * on Windows a named pipe.
 * @param home without symbolic links, so that two ways to one folder give one socket
 */
export function lifeSocketPath(home: string): string {
  const name = `fleetcron-${createHash("sha256").update(`${home}\0${userInfo().uid}`).digest("hex").slice(0, 16)}`;
  if (process.platform === "win32") return `\\\\.\\pipe\\${name}`;
  const inHome = join(home, "agent.sock");
  return Buffer.byteLength(socketDraftPath(inHome)) <= SOCKET_PATH_BYTES_MAX ? inHome : join(tmpdir(), `${name}.sock`);
}

/** Where the socket is bound before it is moved to its place. One per process. */
export function socketDraftPath(path: string): string {
  return `${path}.${process.pid.toString(36)}`;
}
