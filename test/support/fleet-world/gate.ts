/**
 * Stands between one process and everything outside it. While it is closed the process is stopped: no answer and no
 * timer reaches it, and what it has sent already takes its course. A dead process is one whose gate stays closed.
 */
export interface Gate {
  /** Settles as the answer does, but not before the gate is open. */
  through<T>(answer: Promise<T>): Promise<T>;
  close(): void;
  open(): void;
}

export function createGate(): Gate {
  let closed: { readonly opened: Promise<void>; readonly open: () => void } | undefined;
  return {
    async through(answer) {
      try {
        return await answer;
      } finally {
        while (closed !== undefined) await closed.opened;
      }
    },
    close() {
      if (closed !== undefined) return;
      let open = (): void => {};
      const opened = new Promise<void>((resolve) => {
        open = resolve;
      });
      closed = { opened, open };
    },
    open() {
      closed?.open();
      closed = undefined;
    },
  };
}
