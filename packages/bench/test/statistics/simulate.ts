import { coverageOf } from './coverage.js';
import { RACES, raceErrors } from './race.js';

/**
 * Prints how often 95 % intervals hold the truth, and how often races go wrong; the argument is the number of simulated comparisons and
 * races per setting.
 */
const repeats = Number(process.argv[2] ?? 1000);
if (!Number.isSafeInteger(repeats) || repeats < 1) {
  console.error(`expected a whole number of comparisons, got '${process.argv[2] ?? ''}'`);
  process.exit(2);
}
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
console.log('seeds  images  image spread  seed spread  over seeds  over seeds and images');
for (const seeds of [5, 10])
  for (const [images, imageSpread, seedSpread] of [
    [500, 0.5, 0.1],
    [500, 0, 0.1],
    [200, 1, 0],
    [1000, 0.3, 0.3],
  ] as const) {
    const { overSeeds, withImages } = coverageOf({ seeds, images, imageSpread, seedSpread, repeats });
    const cells = [seeds, images, imageSpread, seedSpread, percent(overSeeds), percent(withImages)];
    const widths = [5, 8, 14, 13, 12, 23];
    console.log(cells.map((cell, at) => String(cell).padStart(widths[at] ?? 0)).join(''));
  }

console.log(
  '\nrace of up to 20 seeds                              best dropped  wrong winner  right winner  trainings',
);
for (const setting of RACES) {
  const { bestDropped, wrongWinner, rightWinner, trainings } = raceErrors(setting, repeats);
  const cells = [bestDropped, wrongWinner, rightWinner, trainings].map(percent);
  console.log(
    setting.name.padEnd(51) +
      cells
        .map((cell) => cell.padStart(14))
        .join('')
        .slice(1),
  );
}
