import { open, stat } from "node:fs/promises";

/** More than a start ever logs before it fails. */
const READ_BYTES_MAX = 1_048_576;

/** How long the log is; 0 when there is none. */
export async function logBytes(path: string): Promise<number> {
  return stat(path).then(
    (facts) => facts.size,
    () => 0,
  );
}

/**
 * What mongod complained of since the log had this length, the cause before its consequences.
 * It logs one JSON object a line, with its severity in `s`.
 */
export async function complaintsIn(path: string, from: number): Promise<readonly string[]> {
  const lines = (await readFrom(path, from)).split("\n");
  return lines.filter((line) => /"s":"[EF]"/.test(line)).flatMap((line) => describe(line) ?? []);
}

async function readFrom(path: string, from: number): Promise<string> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return "";
  try {
    const bytes = Buffer.alloc(READ_BYTES_MAX);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, from);
    return bytes.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}

function describe(line: string): string | undefined {
  try {
    const { msg, attr } = JSON.parse(line) as { msg?: unknown; attr?: { error?: unknown; message?: unknown } };
    const detail = textOf(attr?.error ?? attr?.message);
    return [String(msg).trim(), ...(detail === "" ? [] : [detail])].join(": ");
  } catch {
    return undefined;
  }
}

function textOf(detail: unknown): string {
  if (detail === undefined || detail === null) return "";
  if (typeof detail === "string") return detail;
  if (typeof detail === "object" && "errmsg" in detail) return String(detail.errmsg);
  if (typeof detail === "object" && "msg" in detail) return String(detail.msg);
  return JSON.stringify(detail);
}
