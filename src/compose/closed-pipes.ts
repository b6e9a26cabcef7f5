/**
 * A reader such as `head` may have enough and close its end; what else is written there is then for nobody, and no
 * reason to fail. Other errors of a stream still end the program.
 */
export function tolerateClosedPipes(...streams: readonly NodeJS.WriteStream[]): void {
  for (const stream of streams) {
    stream.on("error", (err: NodeJS.ErrnoException) => {
      if (err.code !== "EPIPE") throw err;
    });
  }
}
