import { DistillError, ENGINES, resolveEngine } from '@distilljs/core';
import { Argument, Option } from 'commander';
import type { Command } from 'commander';
import { append, names, number } from './arguments.js';
import { DATA_ACTIONS, dataCommand } from './data-command.js';
import type { DataAction, DataFlags } from './data-command.js';
import { examine, findingsText, isUsable } from './doctor.js';
import { EXIT } from './process.js';
import type { ExitCode } from './process.js';
import { listEntries, LISTS, listTable, methodsFrom } from './list.js';
import type { ListName } from './list.js';
import { print } from './output.js';
import { speedCommand } from './speed-command.js';
import type { SpeedFlags } from './speed-command.js';

/** Commands that need no run folder: for data, the machine and the lists. */
export function addOtherCommands(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('speed')
    .description("time the methods' training steps on random images")
    .addOption(
      new Option('--engine <name>', 'engine to time (default: auto)').choices([
        'auto',
        ...ENGINES.map(({ name }) => name),
      ]),
    )
    .option('--model <name>', 'network of the student (default: resnet20)')
    .option('--teacher <name>', 'network of the teacher (default: resnet56)')
    .option('--batch <number>', 'images per step (default: 64)', number)
    .option('--steps <number>', 'timed steps per method (default: 20)', number)
    .option('--warmup <number>', 'untimed steps before them (default: 3)', number)
    .option('--methods <names>', 'methods to time, comma-separated, or all (default: all)', names)
    .option('--cached-views <number>', "cache the teacher's outputs for this many views per image", number)
    .option(
      '--memory-steps <number>',
      'also train each method for this many steps and measure its memory',
      number,
    )
    .option('--json', 'print the measurements as JSON instead of a table')
    .action(async (flags: SpeedFlags) => {
      await speedCommand(flags);
    });

  program
    .command('data')
    .description(
      'inspect a dataset: counts and statistics, damaged files and duplicates, or a sheet of images',
    )
    .addArgument(
      new Argument(
        '<what>',
        'stats: images per class, channel means; verify: damaged files, duplicates; preview: a sheet of images',
      ).choices(DATA_ACTIONS),
    )
    .option(
      '--data-dir <folder>',
      'folder of the data (one folder per class, unless --dataset says otherwise)',
    )
    .option('--dataset <name>', 'dataset or format, see `distill-bench list datasets`')
    .option('--config <file>', 'configuration that describes the dataset')
    .option('--set <path=value>', 'set a field of it, e.g. dataset.imageSize=128 (repeatable)', append)
    .addOption(
      new Option('--split <name>', 'split that preview shows (default: train)').choices([
        'train',
        'validation',
        'test',
      ]),
    )
    .option('--out <file>', 'PNG that preview writes (default: preview.png)')
    .option('--json', 'print JSON')
    .action(async (what: DataAction, flags: DataFlags) => {
      done(await dataCommand(what, flags));
    });

  program
    .command('list')
    .description('list the methods, models, datasets or presets')
    .addArgument(new Argument('<what>', 'what to list').choices(LISTS))
    .option('--from <module>', 'list the methods of this module or package; its code runs')
    .option('--json', 'print JSON')
    .action(async (what: ListName, { json, from }: { readonly json?: true; readonly from?: string }) => {
      if (from !== undefined && what !== 'methods') {
        const where = 'distill-bench list';
        const hint = '--from goes with `list methods`.';
        throw new DistillError({ code: 'config', where, expected: 'no --from', got: `--from ${from}`, hint });
      }
      const methods = from === undefined ? undefined : await methodsFrom(from);
      // Counting parameters builds the models, which tfjs cannot do without an engine.
      if (what === 'models') await resolveEngine('cpu');
      print(
        json === true
          ? JSON.stringify(listEntries(what, methods), null, 2)
          : listTable(what, undefined, methods),
      );
    });

  program
    .command('doctor')
    .description('check which engines work on this machine, and why the others do not')
    .option('--data-dir <folder>', 'also look for CIFAR files and class folders in this folder')
    .option('--json', 'print JSON')
    .action(async ({ dataDir, json }: { readonly dataDir?: string; readonly json?: true }) => {
      const findings = await examine(dataDir);
      print(json === true ? JSON.stringify(findings, null, 2) : findingsText(findings));
      if (!isUsable(findings)) done(EXIT.failed);
    });
}
