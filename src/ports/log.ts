/** Facts beside a constant sentence. `err` may hold an Error. Secrets are redacted by the adapter, by content. */
export type LogFacts = Readonly<Record<string, unknown>>;

/** One line for whoever looks after the machine; the message is a constant sentence. */
export interface Log {
  debug(message: string, facts?: LogFacts): void;
  info(message: string, facts?: LogFacts): void;
  warn(message: string, facts?: LogFacts): void;
  error(message: string, facts?: LogFacts): void;
}
