import type { VNode } from 'preact';
import type { JobView } from './views.js';

const [WIDTH, HEIGHT] = [240, 72];

type Point = readonly [epoch: number, accuracy: number];

/** Validation accuracy by epoch, a line per seed. */
export function Curves({
  title,
  jobs,
}: {
  readonly title: string;
  readonly jobs: readonly JobView[];
}): VNode | null {
  const lines = jobs
    .map(({ curve }) =>
      curve
        .map((accuracy, epoch): Point => [epoch, accuracy])
        // A phase that trains no student has no accuracy.
        .filter(([, accuracy]) => Number.isFinite(accuracy)),
    )
    .filter((points) => points.length > 0);
  const last = lines.at(-1)?.at(-1);
  if (last === undefined) return null;
  const across = Math.max(
    1,
    ...jobs.map(({ epochs }) => epochs - 1),
    ...lines.map((points) => points.at(-1)?.[0] ?? 0),
  );
  const [epoch, accuracy] = last;
  const percent = `${(100 * accuracy).toFixed(1)} %`;
  const seeds = lines.length > 1 ? ` of ${lines.length} seeds, the last` : '';
  return (
    <figure>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`Validation accuracy of ${title} by epoch${seeds}: ${percent}`}
        class="curve"
      >
        <line x1="4" x2={WIDTH - 4} y1={HEIGHT - 4} y2={HEIGHT - 4} />
        <line x1="4" x2={WIDTH - 4} y1="4" y2="4" />
        {lines.map((points, at) =>
          points.length > 1 ? (
            <polyline key={at} points={points.map((point) => placeOf(point, across).join()).join(' ')} />
          ) : (
            <circle key={at} cx={4} cy={placeOf(points[0] ?? [0, 0], across)[1]} r="2.5" />
          ),
        )}
      </svg>
      <figcaption>
        Validation accuracy: {percent} after epoch {epoch + 1}
        {lines.length > 1 ? `, seed ${lines.length} of ${jobs.length}` : ''}
      </figcaption>
    </figure>
  );
}

const placeOf = ([epoch, accuracy]: Point, across: number): readonly [string, string] => [
  (4 + (epoch / across) * (WIDTH - 8)).toFixed(1),
  (HEIGHT - 4 - accuracy * (HEIGHT - 8)).toFixed(1),
];
