import { spawn } from "node:child_process";

/** A first start may have to be read from a slow disk and looked at by a virus scanner. */
const VERSION_MS_MAX = 15_000;
const OUTPUT_CHARS_MAX = 10_000;

export type VersionCheck =
  | { readonly ok: true; readonly version: string }
  /** Why it is no mongod that runs here, in words. */
  | { readonly ok: false; readonly reason: string };

/** Starts a mongod with `--version`: only one that exits with 0 and names its version can be used. Never rejects. */
export function checkMongod(path: string): Promise<VersionCheck> {
  return new Promise((resolve) => {
    const child = spawn(path, ["--version"], { stdio: ["ignore", "pipe", "pipe"], timeout: VERSION_MS_MAX });
    let output = "";
    let errors = "";
    child.stdout.on("data", (piece: Buffer) => {
      if (output.length < OUTPUT_CHARS_MAX) output += piece.toString();
    });
    child.stderr.on("data", (piece: Buffer) => {
      if (errors.length < OUTPUT_CHARS_MAX) errors += piece.toString();
    });
    child.on("error", (err: NodeJS.ErrnoException) => resolve({ ok: false, reason: startReason(path, err) }));
    child.on("close", (exitCode, signal) => {
      const version = /^db version v?(\d+\.\d+\.\d+)/m.exec(output)?.[1];
      if (exitCode === 0 && version !== undefined) resolve({ ok: true, version });
      else resolve({ ok: false, reason: endReason(path, exitCode, signal, errors) });
    });
  });
}

/** Compares two versions number by number: negative when `a` is older. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a.split("."), b.split(".")];
  for (let at = 0; at < 3; at++) {
    const difference = Number(left[at] ?? 0) - Number(right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function startReason(path: string, err: NodeJS.ErrnoException): string {
  if (err.code === "ENOENT") return `${path} does not exist`;
  if (err.code === "EACCES") return `${path} may not be run by this user, or is no program`;
  if (err.code === "ENOEXEC") return `${path} is no program for this machine`;
  return `${path} can't be started (${err.code ?? err.message})`;
}

function endReason(path: string, exitCode: number | null, signal: string | null, errors: string): string {
  const library = /(lib[\w.+-]+): cannot open shared object file/.exec(errors)?.[1];
  if (library !== undefined) {
    return `${path} wants the library ${library}, which is not installed (Debian, Ubuntu: libcurl4, libssl3, liblzma5)`;
  }
  const glibc = /version `(GLIBC\w*_[\d.]+)' not found/.exec(errors)?.[1];
  if (glibc !== undefined) return `${path} wants ${glibc}, which this system does not have`;
  if (signal !== null) return `${path} --version was ended by ${signal}`;
  if (exitCode === 0) return `${path} --version names no version: it is no mongod`;
  const said = errors.trim().split("\n")[0]?.slice(0, 200);
  return `${path} --version exited with ${exitCode}${said ? `: ${said}` : ""}`;
}
