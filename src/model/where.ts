/** On which machines a job may run. A selector that is empty asks for nothing; those given must all match. */
export interface Where {
  /** Each of them must be among the machine's labels, with this text. */
  readonly labels: Readonly<Record<string, string>>;
  /** With `*` for any characters and `?` for one; capitals make no difference. One of them is enough. */
  readonly hostnames: readonly string[];
  /** One of them is enough. */
  readonly machineIds: readonly string[];
  /** One of them is enough. */
  readonly serials: readonly number[];
}

/** Asks for nothing: any machine matches. */
export const ANYWHERE: Where = { labels: {}, hostnames: [], machineIds: [], serials: [] };
