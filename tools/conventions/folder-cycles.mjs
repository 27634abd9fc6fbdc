import { posix } from 'node:path';
import { findCycle } from './find-cycle.mjs';

/** @import { Package, Rule } from './repository.mjs' */

/**
 * The folders of a package's `src` form no cycle at runtime, so that each can be read, tested and replaced knowing only the ones below
 * it. Type-only imports may form cycles: the build removes them.
 *
 * @type {Rule}
 */
export const folderCycles = ({ packages }) =>
  packages.flatMap((subject) => {
    const places = edgesBetweenFolders(subject);
    const graph = new Map([...places].map(([from, edges]) => [from, [...edges.keys()]]));
    const cycle = findCycle(graph);
    if (cycle === undefined) return [];
    const hops = cycle.map((from, index) => {
      const to = cycle[(index + 1) % cycle.length] ?? from;
      return `${from} → ${to} (${places.get(from)?.get(to)})`;
    });
    return [
      {
        where: `${subject.path}/src`,
        expected: 'folders that import one another in one direction only',
        got: `the cycle ${hops.join(', ')}`,
        hint: 'Import only types on one of these ways, or move what both need into a folder below them.',
      },
    ];
  });

/**
 * For each folder (or file directly under `src`), the folders that it imports, each with the first such import.
 *
 * @param {Package} subject
 * @returns {Map<string, Map<string, string>>}
 */
function edgesBetweenFolders({ path, sources }) {
  const graph = new Map();
  for (const source of sources) {
    // The root index imports every folder and nothing imports it.
    if (source.area !== 'src' || source.place === 'src/index.ts') continue;
    const from = folderOf(source.place);
    for (const { specifier, kind, line } of source.imports) {
      if (kind === 'type' || !specifier.startsWith('.')) continue;
      const to = folderOf(posix.relative(path, posix.join(posix.dirname(source.path), specifier)));
      if (to === from) continue;
      const edges = graph.get(from) ?? new Map();
      if (!edges.has(to)) edges.set(to, `${source.place}:${line}`);
      graph.set(from, edges);
    }
  }
  return graph;
}

/** `src/data/loader.ts` → `data`; `src/cli.ts` → `cli`. @param {string} place */
function folderOf(place) {
  return (place.split('/')[1] ?? '').replace(/\.\w+$/, '');
}
