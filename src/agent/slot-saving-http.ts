import type { EpochMs } from "../model/time.ts";
import type { HttpClient, HttpOutcome } from "../ports/http-client.ts";
import type { SlotHold } from "./slot-hold.ts";

const UNSENT: HttpOutcome = { kind: "failure", cause: "aborted", message: "the run was stopped", elapsedMs: 0 };

/** Requests of one run: each is sent with a slot in hand, which is given away while it waits for its turn at a busy host. */
export function slotSavingHttp(http: HttpClient, slot: SlotHold, now: () => EpochMs): HttpClient {
  return {
    async exchange(request, signal, mayStillSend = async () => true) {
      let isResting = false;
      const rest = (): void => {
        if (isResting) return;
        isResting = true;
        slot.beginRest();
        slot.endSend();
      };
      const goOn = (): void => {
        if (!isResting) return;
        isResting = false;
        slot.beginSend();
        slot.endRest();
      };
      slot.beginSend();
      try {
        // A branch beside it may have given the slot away.
        if (!slot.isHeld && !(await slot.take(now(), signal))) return UNSENT;
        return await http.exchange(
          request,
          signal,
          async () => {
            goOn();
            return (await slot.take(now(), signal)) && mayStillSend();
          },
          rest,
        );
      } finally {
        goOn();
        slot.endSend();
      }
    },
  };
}
