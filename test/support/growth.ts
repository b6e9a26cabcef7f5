/** Processor time of the fastest of five goes; other work on the machine does not count, and disturbs the fastest least. */
function fastestMs(run: () => void): number {
  const goes = Array.from({ length: 5 }, () => {
    const from = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(from);
    return (user + system) / 1000;
  });
  return Math.min(...goes);
}

/** Above what grows with the size (16 times longer, more or less), far below what grows with its square (256 times). */
export const GROWTH_MAX = 64;

/** How many times longer something takes for sixteen times as much. */
export function growthForSixteenfold(size: number, prepare: (size: number) => () => void): number {
  const small = prepare(size);
  const large = prepare(size * 16);
  small();
  large();
  // Less than that can't be told from nothing.
  return fastestMs(large) / Math.max(fastestMs(small), 0.2);
}
