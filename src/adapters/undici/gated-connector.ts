import type { Socket } from "node:net";
import type { buildConnector } from "undici";

type Connect = buildConnector.connector;

/** Whether a request may still be sent; while nobody can tell, it waits. */
export type MaySend = () => Promise<boolean>;

/** The right to send was gone when the connection was ready: nothing was sent over it. */
export class SendDeniedError extends Error {
  override readonly name = "SendDeniedError";
}

/**
 * Hands a connection over only if sending is still allowed by then. Making one may take as long as the time limit of
 * the exchange, and in that time another agent may have taken the run over.
 * @param onError hears the first error of the connection from then on
 */
export function gatedConnector(
  connect: Connect,
  maySend: MaySend,
  signal: AbortSignal,
  onError: (error: Error) => void = () => {},
): Connect {
  return (options, callback) => {
    connect(options, (error, socket) => {
      if (socket) void passOn(socket, callback);
      else callback(error ?? new Error("there is no connection"), null);
    });
  };

  async function passOn(socket: Socket, callback: buildConnector.Callback): Promise<void> {
    const abort = whenAborted(signal);
    socket.once("error", onError);
    try {
      if (signal.aborted || !(await Promise.race([maySend(), abort.aborted])))
        throw new SendDeniedError("sending is not allowed any more");
    } catch (error) {
      socket.destroy();
      callback(error instanceof Error ? error : new Error(String(error)), null);
      return;
    } finally {
      abort.release();
    }
    callback(null, socket);
  }
}

function whenAborted(signal: AbortSignal): { readonly aborted: Promise<false>; readonly release: () => void } {
  let onAbort: () => void = () => {};
  const aborted = new Promise<false>((resolve) => {
    onAbort = () => resolve(false);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
  });
  return { aborted, release: () => signal.removeEventListener("abort", onAbort) };
}
