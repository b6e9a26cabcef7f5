import type { Respond } from "../stage/stand-in.ts";

/** How a backup goes: the state at each look, the last one from then on. */
export interface Course {
  readonly states: readonly string[];
  readonly manifest: Readonly<Record<string, unknown>>;
}

const SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/** By the order of the nights. */
export const COURSES: readonly Course[] = [
  {
    states: ["queued", "running", "running", "done"],
    manifest: { bytes: 73_400_320, sha256: SHA256, tables: [{ rows: 120 }, { rows: 7 }] },
  },
  {
    states: ["queued", "done"],
    manifest: { bytes: 73_400_320, sha256: SHA256, tables: [{ rows: 120 }, { rows: 0 }] },
  },
];

/** Makes backups when it is told to, one at a time; takes alerts as well. */
export function createBackupServer(): { readonly respond: Respond; readonly locks: ReadonlySet<string> } {
  const locks = new Set<string>();
  let backups = 0;
  let looks = 0;
  return {
    locks,
    respond({ method, path }) {
      const [, place, id, part] = path.split("/");
      if (place === "alerts") return { status: 202, body: {} };
      if (place === "locks" && method === "POST") {
        if (locks.size > 0) return { status: 409, body: { error: "locked" } };
        locks.add(`lock-${backups + 1}`);
        return { status: 201, body: { id: `lock-${backups + 1}` } };
      }
      if (place === "locks" && method === "DELETE") return { status: locks.delete(id ?? "") ? 204 : 404 };
      if (place === "backups" && method === "POST") {
        looks = 0;
        return { status: 202, body: { id: ++backups } };
      }
      const course = COURSES[backups - 1];
      if (place !== "backups" || id !== String(backups) || course === undefined) return { status: 404, body: {} };
      if (part === "manifest") return { status: 200, body: course.manifest };
      return { status: 200, body: { state: course.states[Math.min(looks++, course.states.length - 1)] } };
    },
  };
}
