/**
 * Finds a cycle of a directed graph by depth-first search.
 *
 * @param {ReadonlyMap<string, readonly string[]>} graph successors by node
 * @returns {string[] | undefined} the nodes of the cycle in order, or undefined where there is none
 */
export function findCycle(graph) {
  /** @type {Set<string>} */
  const done = new Set();
  /** @type {string[]} */
  const trail = [];
  /**
   * @param {string} node
   * @returns {string[] | undefined}
   */
  const visit = (node) => {
    const seen = trail.indexOf(node);
    if (seen !== -1) return trail.slice(seen);
    if (done.has(node)) return undefined;
    trail.push(node);
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next);
      if (cycle !== undefined) return cycle;
    }
    trail.pop();
    done.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const cycle = visit(node);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
