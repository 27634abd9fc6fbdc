import escapeHtml from 'escape-html';
import type { NeuralTree } from '@distilljs/vam';

const WIDTH = 320;
const ROW = 64;
const RADIUS = 11;

/** The neural tree as an SVG: experts level by level, the classes of a group under the expert that they share. */
export function treeDrawing({ parents, groups }: NeuralTree, classNames: readonly string[]): string {
  const depth = parents.length;
  // Only experts that some class hangs on are drawn: chains run from the classes back to the images.
  const chains = groups.map(({ chain }) => [...chain].reverse());
  const used = Array.from({ length: depth }, (_, level) =>
    [...new Set(chains.map((chain) => chain[level] ?? 0))].sort((a, b) => a - b),
  );
  const place = (level: number, expert: number): readonly [number, number] => {
    const all = used[level] ?? [];
    return [((all.indexOf(expert) + 0.5) * WIDTH) / Math.max(1, all.length), ROW * (level + 1) + 12];
  };
  const root = [WIDTH / 2, 14] as const;
  const edges = new Set<string>();
  for (const chain of chains) {
    chain.forEach((expert, level) => {
      const [x1, y1] = level === 0 ? root : place(level - 1, chain[level - 1] ?? 0);
      const [x2, y2] = place(level, expert);
      edges.add(
        `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="currentColor" stroke-opacity=".4"/>`,
      );
    });
  }
  const nodes = used.flatMap((experts, level) =>
    experts.map((expert) => {
      const [x, y] = place(level, expert);
      return `<circle cx="${x}" cy="${y}" r="${RADIUS}" fill="var(--card)" stroke="currentColor"/><text x="${x}" y="${y + 4}" text-anchor="middle" font-size="11" fill="currentColor">${expert + 1}</text>`;
    }),
  );
  const list = groups.map(
    ({ chain, classes }) =>
      `<li>${classes.map((index) => escapeHtml(classNames[index] ?? String(index))).join(', ')} <span class="note">experts ${[
        ...chain,
      ]
        .reverse()
        .map((expert) => expert + 1)
        .join(' → ')}</span></li>`,
  );
  return `<figure><svg viewBox="0 0 ${WIDTH} ${ROW * (depth + 1)}" width="${WIDTH}" role="img" aria-label="Tree of experts"><text x="${root[0]}" y="12" text-anchor="middle" font-size="11" fill="currentColor">images</text>${[...edges].join('')}${nodes.join('')}</svg></figure><ul>${list.join('')}</ul>`;
}
