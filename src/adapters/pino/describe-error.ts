/** Most causes followed. */
const CAUSES_MAX = 5;
/** A server that refuses a command quotes the whole of it. */
const CAUSE_LENGTH_MAX = 500;

/** An error as the log keeps it: what happened and why, with a stack only where a programmer must look. */
export function describeError(err: unknown): Record<string, unknown> {
  if (!(err instanceof Error)) return { message: String(err) };
  const isExpected = "code" in err && typeof err.code === "string" && err.code.startsWith("FLEETCRON_");
  const causes: string[] = [];
  let cause = err.cause;
  while (cause instanceof Error && causes.length < CAUSES_MAX) {
    causes.push(shortened(cause.message));
    cause = cause.cause;
  }
  return {
    type: err.name,
    message: err.message,
    ...("code" in err ? { code: err.code } : {}),
    ...(causes.length > 0 ? { causes } : {}),
    ...(isExpected ? {} : { stack: err.stack }),
  };
}

function shortened(text: string): string {
  return text.length <= CAUSE_LENGTH_MAX ? text : `${text.slice(0, CAUSE_LENGTH_MAX)}…`;
}
