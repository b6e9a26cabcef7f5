import type { TargetAnswer, TargetRequest } from "./demo-parts.ts";

/** One delivery of a step of a run. */
export interface Delivery {
  readonly job: string;
  readonly runId: string;
  readonly path: string;
  readonly attempt: number;
  readonly idempotencyKey: string;
  readonly scheduledFor: string;
}

/** The far side of the demo: answers by path and remembers every delivery. */
export interface DemoTarget {
  readonly deliveries: readonly Delivery[];
  answer(request: TargetRequest): TargetAnswer;
}

/** How long the first step's answer takes: time enough to be killed while waiting for it. */
const LIST_DELAY_MS = 1_500;

export function createDemoTarget(onDelivery: (delivery: Delivery) => void): DemoTarget {
  const deliveries: Delivery[] = [];
  return {
    deliveries,
    answer({ path, headers }) {
      const delivery: Delivery = {
        job: headers["x-fleetcron-job"] ?? "",
        runId: headers["x-fleetcron-run-id"] ?? "",
        path,
        attempt: Number(headers["x-fleetcron-attempt"]),
        idempotencyKey: headers["idempotency-key"] ?? "",
        scheduledFor: headers["x-fleetcron-scheduled-for"] ?? "",
      };
      deliveries.push(delivery);
      onDelivery(delivery);
      const before = deliveries.filter((it) => it.runId === delivery.runId && it.path === path).length - 1;
      if (path === "/orders") return { status: 200, body: '{"orders":[1,2,3]}', delayMs: LIST_DELAY_MS };
      if (path === "/reserve" && before === 0) return { status: 503, body: "busy, try again", delayMs: 0 };
      if (path === "/report") return { status: 500, body: "the report printer is on fire", delayMs: 0 };
      return { status: 200, body: "ok", delayMs: 0 };
    },
  };
}
