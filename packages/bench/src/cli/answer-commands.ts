import type { Command } from 'commander';
import { corruptRun, predictRun } from '../evaluation/index.js';
import { number } from './arguments.js';
import { print } from './output.js';
import { terminalLog } from './terminal-log.js';

/** Commands that find out more about finished runs. */
export function addAnswerCommands(program: Command): void {
  program
    .command('predictions')
    .description('compute the predictions of the test images that trainings of earlier versions did not keep')
    .argument('<run>', 'run folder')
    .action(async (run: string) => {
      const { made, kept } = await predictRun(run, terminalLog());
      print(`${made} networks evaluated, ${kept} had their predictions. Next: distill-bench report ${run}`);
    });

  program
    .command('corruptions')
    .description(
      'evaluate finished networks on corrupted test images: noise, blur, contrast, JPEG, brightness, five strengths each',
    )
    .argument('<run>', 'run folder')
    .option('--seed <number>', 'decides the noise (default: 0)', number)
    .action(async (run: string, { seed }: { readonly seed?: number }) => {
      const made = await corruptRun(run, { ...terminalLog(), seed });
      print(`${made.length} trainings evaluated. Next: distill-bench report ${run}`);
    });
}
