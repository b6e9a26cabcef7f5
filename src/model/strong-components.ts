/**
 * The strongly connected parts of a graph (Tarjan), each before the parts that lead to it. Without recursion, because a
 * chain of calls can be as long as there are jobs.
 * @param nodes places of the nodes
 * @param next the places that lead on from one
 */
export function strongComponents(nodes: Iterable<number>, next: (node: number) => readonly number[]): number[][] {
  const found: number[][] = [];
  const state = new Map<number, { readonly index: number; low: number; isOpen: boolean }>();
  const open: number[] = [];
  const enter = (node: number) => {
    const fresh = { index: state.size, low: state.size, isOpen: true };
    state.set(node, fresh);
    open.push(node);
    return { node, mine: fresh, ahead: next(node), at: 0 };
  };
  for (const root of nodes) {
    if (state.has(root)) continue;
    const path = [enter(root)];
    for (let here = path.at(-1); here !== undefined; here = path.at(-1)) {
      const target = here.ahead[here.at];
      if (target !== undefined) {
        here.at += 1;
        const known = state.get(target);
        if (known === undefined) path.push(enter(target));
        else if (known.isOpen) here.mine.low = Math.min(here.mine.low, known.index);
        continue;
      }
      path.pop();
      const before = path.at(-1);
      if (before !== undefined) before.mine.low = Math.min(before.mine.low, here.mine.low);
      if (here.mine.low === here.mine.index) found.push(closeUpTo(here.node));
    }
  }
  return found;

  function closeUpTo(root: number): number[] {
    const part = open.splice(open.lastIndexOf(root));
    for (const node of part) {
      const mine = state.get(node);
      if (mine !== undefined) mine.isOpen = false;
    }
    return part;
  }
}
