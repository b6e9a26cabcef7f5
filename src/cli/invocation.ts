import type { ExitCode } from "../model/errors.ts";
import { createFleetZone, type FleetZone } from "../query/fleet-zone.ts";
import type { CliDeps, FleetAccess, GlobalFlags } from "./deps.ts";
import { createPaint } from "./print/paint.ts";
import { createPrinter, type Format, type Printer } from "./print/printer.ts";

/** One call of the program: what was handed in, the flags that every command takes, and the way to print. */
export interface Invocation {
  readonly deps: CliDeps;
  readonly flags: GlobalFlags;
  /** `--yes`: nothing is asked. */
  readonly isSure: boolean;
  readonly print: Printer;
}

/** The flags as commander gives them. */
export interface ParsedFlags {
  readonly config?: string;
  readonly uri?: string;
  readonly db?: string;
  readonly tz?: string;
  readonly embedded?: boolean;
  readonly yes?: boolean;
  readonly color: boolean;
  readonly output: Format;
}

export function createInvocation(deps: CliDeps, parsed: ParsedFlags): Invocation {
  const { config, uri, db, tz, embedded = false, yes = false, color, output } = parsed;
  const paint = createPaint(deps.output.isTty, color, deps.env);
  return {
    deps,
    flags: { config, uri, db, tz, embedded },
    isSure: yes,
    print: createPrinter(deps.output, output, paint),
  };
}

/** A fleet with its effective zone. */
export type Fleet = FleetAccess & { readonly fleetZone: FleetZone };

/** Opens the fleet's database for one piece of work and closes it whatever happens. */
export async function withFleet(call: Invocation, work: (fleet: Fleet) => Promise<ExitCode>): Promise<ExitCode> {
  const access = await call.deps.openFleet(call.flags);
  try {
    return await work({ ...access, fleetZone: createFleetZone(access.settings, access.config.fleet.zone) });
  } finally {
    await access.close();
  }
}
