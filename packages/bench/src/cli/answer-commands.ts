import type { Command } from 'commander';
import { compareRuns, corruptRun, predictRun, verifyRun } from '../evaluation/index.js';
import type { ComparedRuns } from '../evaluation/index.js';
import { NONE, percent, points, probability } from '../report/index.js';
import { counted, terminalTable } from '../terminal/index.js';
import { number } from './arguments.js';
import { EXIT } from './process.js';
import type { ExitCode } from './process.js';
import { print, terminalLog } from './output.js';

/** Commands that analyse finished runs. */
export function addAnswerCommands(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('predictions')
    .description('compute the predictions on test images that earlier versions did not save')
    .argument('<run>', 'run folder')
    .action(async (run: string) => {
      const { made, kept } = await predictRun(run, terminalLog());
      print(
        `${counted(made, 'network')} evaluated, ${kept} had their predictions. Next: distill-bench report ${run}`,
      );
    });

  program
    .command('corruptions')
    .description(
      'evaluate finished networks on corrupted test images: noise, blur, contrast, JPEG, brightness, five strengths each',
    )
    .argument('<run>', 'run folder')
    .option('--seed <number>', "decides the noise (default: the run's, else 0)", number)
    .action(async (run: string, { seed }: { readonly seed?: number }) => {
      const made = await corruptRun(run, { ...terminalLog(), seed });
      print(`${counted(made.length, 'training')} evaluated. Next: distill-bench report ${run}`);
    });

  program
    .command('verify')
    .description(
      'find what makes the numbers of a run unreliable; exit code 1 if something is wrong or missing',
    )
    .argument('<run>', 'run folder')
    .option('--json', 'print JSON')
    .action(async (run: string, { json }: { readonly json?: true }) => {
      const verified = await verifyRun(run);
      const { findings, trainings } = verified;
      const lines = findings.map(
        ({ severity, where, found, hint }) =>
          `${severity === 'error' ? 'Error' : 'Warning'}: ${where}: ${found}. ${hint}`,
      );
      const text = [
        ...lines,
        `${counted(trainings, 'training')} verified, ${counted(findings.length, 'finding')}.`,
      ].join('\n');
      print(json === true ? JSON.stringify(verified, null, 2) : text);
      if (findings.some(({ severity }) => severity === 'error')) done(EXIT.failed);
    });

  program
    .command('compare')
    .description('compare two runs method by method over their common seeds: did a change help?')
    .argument('<before>', 'run folder')
    .argument('<after>', 'run folder')
    .option('--json', 'print JSON')
    .action(async (before: string, after: string, { json }: { readonly json?: true }) => {
      const compared = await compareRuns(before, after);
      print(json === true ? JSON.stringify(compared, null, 2) : comparisonTable(compared));
    });
}

/** A row per method; accuracies in per cent, differences in points. */
function comparisonTable({ rows, omitted }: ComparedRuns): string {
  const isStudy = rows.some(({ task }) => task !== '');
  const columns = [
    ...(isStudy ? [{ title: 'task' }] : []),
    { title: 'method' },
    ...['seeds', 'before %', 'after %', 'difference', '95 % interval', 'p', 'p, corrected'].map((title) => ({
      title,
      numeric: true,
    })),
  ];
  const chance = (p: number | null): string => (p === null ? NONE : probability(p));
  const lines = rows.map(
    ({ task, method, first, second, difference: { seeds, mean, ci95, p }, correctedP }) => [
      ...(isStudy ? [task] : []),
      method,
      String(seeds.length),
      percent(first),
      percent(second),
      points(mean),
      ci95 === null ? NONE : `${points(ci95[0])} to ${points(ci95[1])}`,
      chance(p),
      chance(correctedP),
    ],
  );
  const notes = omitted.map((text) => `Left out: ${text}.`);
  return [terminalTable(columns, lines), ...notes].join('\n');
}
