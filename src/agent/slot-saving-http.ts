import type { EpochMs } from "../model/time.ts";
import type { HttpClient } from "../ports/http-client.ts";
import type { SlotHold } from "./slot-hold.ts";

/** Requests of one run, which gives its slot away while they wait for their turn at a busy host. */
export function slotSavingHttp(http: HttpClient, slot: SlotHold, now: () => EpochMs): HttpClient {
  return {
    exchange: (request, signal, mayStillSend = async () => true) =>
      http.exchange(
        request,
        signal,
        async () => (await slot.take(now(), signal)) && mayStillSend(),
        () => slot.free(),
      ),
  };
}
