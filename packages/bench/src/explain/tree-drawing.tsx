import type { VNode } from 'preact';
import type { NeuralTree } from '@distilljs/vam';

const WIDTH = 320;
const ROW = 64;
const RADIUS = 11;

/** The neural tree as an SVG: experts level by level, the classes of a group under the expert that they share. */
export function TreeDrawing({
  tree: { parents, groups },
  classNames,
}: {
  readonly tree: NeuralTree;
  readonly classNames: readonly string[];
}): VNode {
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
  // Chains share their upper part: each edge is drawn once.
  const edges = new Map<string, readonly [from: readonly number[], to: readonly number[]]>();
  for (const chain of chains) {
    chain.forEach((expert, level) => {
      const from = level === 0 ? root : place(level - 1, chain[level - 1] ?? 0);
      const to = place(level, expert);
      edges.set([...from, ...to].join(), [from, to]);
    });
  }
  return (
    <>
      <figure>
        <svg
          viewBox={`0 0 ${WIDTH} ${ROW * (depth + 1)}`}
          width={WIDTH}
          role="img"
          aria-label="Tree of experts"
        >
          <text x={root[0]} y="12" text-anchor="middle" font-size="11" fill="currentColor">
            images
          </text>
          {[...edges].map(([key, [[x1, y1], [x2, y2]]]) => (
            <line key={key} x1={x1} y1={y1} x2={x2} y2={y2} stroke="currentColor" stroke-opacity=".4" />
          ))}
          {used.flatMap((experts, level) =>
            experts.map((expert) => {
              const [x, y] = place(level, expert);
              return (
                <g key={`${level} ${expert}`}>
                  <circle cx={x} cy={y} r={RADIUS} fill="var(--paper)" stroke="currentColor" />
                  <text x={x} y={y + 4} text-anchor="middle" font-size="11" fill="currentColor">
                    {expert + 1}
                  </text>
                </g>
              );
            }),
          )}
        </svg>
      </figure>
      <ul>
        {groups.map(({ chain, classes }) => (
          <li key={classes.join()}>
            {`${classes.map((index) => classNames[index] ?? String(index)).join(', ')} `}
            <span class="note">{`experts ${[...chain]
              .reverse()
              .map((expert) => expert + 1)
              .join(' → ')}`}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
