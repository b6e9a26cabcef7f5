import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** One request as the target saw it: all that the judge goes by. */
export interface Sent {
  /** Wall time of this machine. */
  readonly at: number;
  readonly job: string;
  readonly step: number;
  readonly run: string;
  readonly scheduledFor: string;
  readonly attempt: number;
  readonly fence: number;
  readonly machine: string;
  /** What it was answered with, once it was; 0 for a connection that was broken off. */
  status: number | undefined;
}

export interface SoakTarget {
  readonly url: string;
  readonly sent: readonly Sent[];
  close(): Promise<void>;
}

const FAILING_PART = 0.1;
const BROKEN_PART = 0.03;
const QUICK_MS_MAX = 50;
/** Longer than the pause between two faults: some run is always in the middle of a step. */
const SLOW_MS = 12_000;

/** A receiver in which one answer of ten fails, always the same ones for the same seed. */
export async function startSoakTarget(seed: number): Promise<SoakTarget> {
  const sent: Sent[] = [];

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    const [, job = "", step = "", speed] = (request.url ?? "").split("/");
    const header = (name: string) => String(request.headers[name] ?? "");
    const entry: Sent = {
      at: Date.now(),
      job,
      step: Number(step),
      run: header("x-fleetcron-run-id"),
      scheduledFor: header("x-fleetcron-scheduled-for"),
      attempt: Number(header("x-fleetcron-attempt")),
      fence: Number(header("x-fleetcron-fence")),
      machine: header("x-machine"),
      status: undefined,
    };
    sent.push(entry);
    const lot = lotOf(`${seed} ${entry.run} ${entry.step} ${entry.attempt}`);
    await pause(speed === "slow" ? SLOW_MS * (0.5 + lot) : QUICK_MS_MAX * lot);
    if (lot < BROKEN_PART) {
      entry.status = 0;
      response.destroy();
      return;
    }
    entry.status = lot < FAILING_PART ? 503 : 200;
    response.writeHead(entry.status, { "content-type": "application/json" }).end("{}");
  }

  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A number in [0, 1) that hangs on the text alone. */
function lotOf(text: string): number {
  return createHash("sha256").update(text).digest().readUInt32BE(0) / 2 ** 32;
}
