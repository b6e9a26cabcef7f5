import { connect } from "node:net";

/**
 * Looks up a host and opens a connection to it, so that a machine without a way out loses no time in retries.
 * @returns why it can't be reached within the time, or `undefined` when it can
 */
export function whyUnreachable(host: string, port: number, withinMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (reason: string | undefined) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(reason);
    };
    const timer = setTimeout(() => end(`${host} did not answer within ${withinMs / 1_000} s`), withinMs);
    socket.on("connect", () => end(undefined));
    socket.on("error", (err: NodeJS.ErrnoException) => {
      end(
        err.code === "ENOTFOUND" || err.code === "EAI_AGAIN"
          ? `the name ${host} can't be looked up (${err.code})`
          : `${host} can't be reached (${err.code ?? err.message})`,
      );
    });
  });
}
