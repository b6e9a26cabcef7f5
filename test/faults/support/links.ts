import { fileURLToPath, pathToFileURL } from "node:url";
import { type Link, openLink } from "./link.ts";

const REROUTE = pathToFileURL(fileURLToPath(new URL("./reroute.mjs", import.meta.url))).href;

/** All ways of some agents to MongoDB: one link per member, harmed together or one by one. */
export interface Links {
  /** What an agent is started with to go these ways. */
  readonly env: Readonly<Record<string, string>>;
  /** In the order of the ports given. */
  readonly each: readonly Link[];
  pass(): void;
  refuse(): void;
  cut(): void;
  stall(): void;
  silence(): void;
  delay(ms: number): void;
  close(): Promise<void>;
}

/** @param mongodPorts of 127.0.0.1 */
export async function openLinks(mongodPorts: readonly number[]): Promise<Links> {
  const each = await Promise.all(mongodPorts.map(openLink));
  const table = Object.fromEntries(mongodPorts.map((port, index) => [port, each[index]?.port]));
  const all = (act: (link: Link) => void) => () => each.forEach(act);
  return {
    env: { NODE_OPTIONS: `--import=${REROUTE}`, FAULT_LINKS: JSON.stringify(table) },
    each,
    pass: all((it) => it.pass()),
    refuse: all((it) => it.refuse()),
    cut: all((it) => it.cut()),
    stall: all((it) => it.stall()),
    silence: all((it) => it.silence()),
    delay: (ms) => all((it) => it.delay(ms))(),
    async close() {
      await Promise.all(each.map((it) => it.close()));
    },
  };
}
