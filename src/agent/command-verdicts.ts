import type { Command } from "../model/command.ts";
import type { CommandDocument, FirstVerdict } from "../ports/command-store.ts";
import type { MachineStore } from "../ports/machine-store.ts";

/**
 * What is wrong with the commands themselves; it is said once for each, in the fleet's first sight of it.
 * @param names the id and the hostname of this machine
 */
export async function judgeCommands(
  documents: readonly CommandDocument[],
  machines: Pick<MachineStore, "known">,
  names: readonly string[],
): Promise<readonly FirstVerdict[]> {
  const others = new Set(documents.flatMap((it) => (it.parsed.ok ? nameIn(it.parsed.value) : [])));
  for (const own of names) others.delete(own);
  const known = others.size === 0 ? new Set() : await machines.known([...others]);
  return documents.map(({ id, parsed }) => {
    if (!parsed.ok) {
      const reason = parsed.problems.map((it) => `${it.path} ${it.message}`.trim()).join("; ");
      return { command: id, status: "rejected", reason };
    }
    const unknown = nameIn(parsed.value).find((it) => others.has(it) && !known.has(it));
    if (unknown === undefined) return { command: id, status: "seen", reason: undefined };
    return { command: id, status: "rejected", reason: `no machine has the id or hostname "${unknown}"` };
  });
}

function nameIn({ target }: Command): readonly string[] {
  return target.kind === "machine" ? [target.name] : [];
}
