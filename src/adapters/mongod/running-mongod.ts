import { type DataFolder, readFacts } from "./data-folder.ts";
import { followMongod, type MongodProcess } from "./mongod-process.ts";
import { askMongod, keepsData } from "./replica-set.ts";
import { whyUnreachable } from "./reach-host.ts";

const CONNECT_MS_MAX = 1_000;

export interface RunningMongod {
  readonly process: MongodProcess;
  readonly port: number;
}

/**
 * The mongod that a former agent left running on this folder. What the folder says of it is only a hint (the port may
 * be another program's by now): it is asked itself whether it keeps these data.
 */
export async function findRunningMongod(folder: DataFolder): Promise<RunningMongod | undefined> {
  const facts = await readFacts(folder);
  if (facts === undefined) return undefined;
  const { port } = facts;
  if ((await whyUnreachable("127.0.0.1", port, CONNECT_MS_MAX)) !== undefined) return undefined;
  const pid = await askMongod(port, async (admin) => {
    if (!(await keepsData(admin, folder.db))) return undefined;
    const { pid: told } = await admin.command({ serverStatus: 1 });
    return Number(told);
  }).catch(() => undefined);
  return pid === undefined ? undefined : { process: followMongod(pid), port };
}
