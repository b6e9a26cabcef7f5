/** Operations under way together; MongoDB and the event loop have other work as well. */
const TOGETHER_MAX = 50;

/** Does the same for each item, many at a time. Rejects as soon as one does; those under way go on. */
export async function sideBySide<Item>(items: readonly Item[], act: (item: Item) => Promise<void>): Promise<void> {
  for (let from = 0; from < items.length; from += TOGETHER_MAX) {
    await Promise.all(items.slice(from, from + TOGETHER_MAX).map(act));
  }
}
