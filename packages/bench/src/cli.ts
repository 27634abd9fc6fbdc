import { DistillError, ENGINES, resolveEngine, shownText } from '@distilljs/core';
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { DATA_ACTIONS, dataCommand } from './cli/data-command.js';
import type { DataAction, DataFlags } from './cli/data-command.js';
import { examine, findingsText, isUsable } from './cli/doctor.js';
import { EXIT } from './cli/exit-code.js';
import type { ExitCode } from './cli/exit-code.js';
import { exportCommand } from './cli/export-command.js';
import type { ExportFlags } from './cli/export-command.js';
import { listEntries, LISTS, listTable, methodsFrom } from './cli/list.js';
import type { ListName } from './cli/list.js';
import { guardProcess, print, reportError } from './cli/output.js';
import { metricsCommand } from './cli/metrics-command.js';
import type { MetricsFlags } from './cli/metrics-command.js';
import { runCommand } from './cli/run-command.js';
import type { RunFlags } from './cli/run-command.js';
import { trainCommand } from './cli/train-command.js';
import { speedCommand } from './cli/speed-command.js';
import type { SpeedFlags } from './cli/speed-command.js';
import { presetNames } from './config/index.js';
import { explainRun } from './explain/index.js';
import { quantizations } from './export/index.js';
import { renderTerminal } from './report/index.js';
import { packageVersions } from './run/environment.js';
import { rewriteReport } from './run/write-report.js';

/**
 * The command line `distill-bench`.
 *
 * @param argv arguments without node and script
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage or configuration, 130 interrupted
 */
export async function main(argv: readonly string[]): Promise<number> {
  const release = guardProcess(argv[0]);
  let code: ExitCode = EXIT.done;
  try {
    await buildProgram((result) => {
      code = result;
    }).parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) code = error.exitCode === 0 ? EXIT.done : EXIT.usage;
    else code = reportError(error, argv[0]);
  }
  return await release(code);
}

function buildProgram(done: (code: ExitCode) => void): Command {
  const program = new Command('distill-bench')
    .description('Compares knowledge-distillation techniques for TensorFlow.js.')
    .version(
      packageVersions(['@distilljs/bench'])['@distilljs/bench'] ?? 'unknown',
      '-V, --version',
      'print the version',
    )
    .showHelpAfterError('(add --help for the flags)')
    .configureOutput({
      outputError(text, write) {
        write(text.replace(/[^\n]+/g, (line) => shownText(line, 300)));
      },
    })
    .exitOverride();

  program
    .command('run')
    .description('train the teacher and every method with every seed, then write the report')
    .addOption(new Option('--preset <name>', `start from a preset: ${presetNames.join(', ')}`))
    .option('--config <file>', 'configuration, YAML or JSON')
    .requiredOption('--out <folder>', 'run folder')
    .option('--methods <names>', 'methods to compare, comma-separated, or all', names)
    .option('--seeds <numbers>', 'seeds, comma-separated', numbers)
    .addOption(new Option('--engine <name>', `one of auto, ${ENGINES.map(({ name }) => name).join(', ')}`))
    .option('--dataset <name>', 'data set or format, see `distill-bench list datasets`')
    .option('--data-dir <folder>', 'folder of the data files')
    .option(
      '--teacher <path>',
      'trained teacher: a tfjs folder or URL, an .onnx file, or .safetensors with --teacher-model',
    )
    .option('--teacher-model <name>', 'network of the teacher')
    .option('--student-model <name>', 'network of the student')
    .option('--epochs <number>', 'epochs per student', number)
    .option('--batch-size <number>', 'images per step', number)
    .option('--learning-rate <number>', 'base learning rate', number)
    .option(
      '--set <path=value>',
      'any other field, e.g. teacher.epochs=40 or methods.1.options.temperature=8 (repeatable)',
      append,
      [],
    )
    .option('--jobs <number>', 'trainings at a time, each in a process of its own (default: 1)', number)
    .option('--dry-run', 'print the trainings, what is done and how long the rest takes; change nothing')
    .option('--prepare', 'make the run folder, print the commands that train its cells, and train nothing')
    .option('--resume', 'continue the run in the folder')
    .option('--overwrite', 'start over in a folder that holds a run')
    .option('--json', 'print report.json instead of a table')
    .action(async (flags: RunFlags) => {
      done(await runCommand(flags));
    });

  program
    .command('train')
    .description('train one cell of a run folder, or go on with it: the teacher, or one method with one seed')
    .argument('<run>', 'run folder, made by `run` or `run --prepare`')
    .argument('<cell>', 'teacher, or METHOD/SEED')
    .action(async (run: string, cell: string) => {
      done(await trainCommand(run, cell));
    });

  program
    .command('report')
    .description('write the report of a run again; the run may be unfinished')
    .argument('<run>', 'run folder')
    .option('--json', 'print report.json instead of a table')
    .action(async (run: string, { json }: { readonly json?: true }) => {
      const { report, page } = await rewriteReport(run);
      print(json === true ? JSON.stringify(report, null, 2) : `${renderTerminal(report)}\n\nReport: ${page}`);
    });

  program
    .command('export')
    .description('export a trained student: tfjs model, model card, page that classifies a dropped image')
    .argument('<run>', 'run folder')
    .argument('<method>', 'method, as the run names it')
    .argument('<seed>', 'seed', number)
    .requiredOption('--to <folder>', 'folder to make')
    .addOption(new Option('--quantize <type>', 'how kernels are stored').choices(quantizations))
    .option('--with-softmax', 'the model gives probabilities instead of logits')
    .option('--json', 'print card.json instead of a table')
    .action(async (run: string, method: string, seed: number, flags: ExportFlags) => {
      await exportCommand(run, method, seed, flags);
    });

  program
    .command('speed')
    .description("time the methods' training steps on random images")
    .addOption(new Option('--engine <name>', `one of auto, ${ENGINES.map(({ name }) => name).join(', ')}`))
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
    .command('metrics')
    .description(
      "measure the embeddings of a run's teacher and students: CMC and mAP on queries and gallery, recall@k, verification, identification",
    )
    .argument('<runs...>', 'run folders')
    .option(
      '--tap <layer>',
      'layer whose output is the embedding (default: the input of the last dense layer)',
    )
    .option('--json', 'print metrics.json instead of a table')
    .action(async (runs: readonly string[], flags: MetricsFlags) => {
      await metricsCommand(runs, flags);
    });

  program
    .command('data')
    .description(
      'look at a data set: counts and statistics, damaged files and duplicates, or a sheet of images',
    )
    .addArgument(new Argument('<what>').choices(DATA_ACTIONS))
    .option(
      '--data-dir <folder>',
      'folder of the data (one folder per class, unless --dataset says otherwise)',
    )
    .option('--dataset <name>', 'data set or format, see `distill-bench list datasets`')
    .option('--config <file>', 'configuration whose dataset is meant')
    .option('--set <path=value>', 'any field of it, e.g. dataset.imageSize=128 (repeatable)', append, [])
    .addOption(
      new Option('--split <name>', 'of preview (default: train)').choices(['train', 'validation', 'test']),
    )
    .option('--out <file>', 'PNG that preview writes (default: preview.png)')
    .option('--json', 'print JSON')
    .action(async (what: DataAction, flags: DataFlags) => {
      done(await dataCommand(what, flags));
    });

  program
    .command('explain')
    .description(
      'draw what the attending students of a run have learned: attention, trees, conflicts of subtasks',
    )
    .argument('<run>', 'run folder with methods such as kdexplainer or kd+vam')
    .option('--json', 'print explain.json instead of the findings')
    .action(async (run: string, { json }: { readonly json?: true }) => {
      const { page, explained } = await explainRun(run);
      print(
        json === true
          ? JSON.stringify(explained, null, 2)
          : [...explained.findings, `Page: ${page}`].join('\n'),
      );
    });

  program
    .command('list')
    .description('list the methods, models, datasets or presets')
    .addArgument(new Argument('<what>').choices(LISTS))
    .option('--from <module>', 'list the methods of this module or package; its code runs')
    .option('--json', 'print JSON')
    .action(async (what: ListName, { json, from }: { readonly json?: true; readonly from?: string }) => {
      if (from !== undefined && what !== 'methods') {
        const where = 'distill-bench list';
        const hint = '--from goes with `list methods`.';
        throw new DistillError({ code: 'config', where, expected: 'no --from', got: `--from ${from}`, hint });
      }
      const methods = from === undefined ? undefined : await methodsFrom(from);
      // Models are built to be counted, and tfjs builds none without an engine.
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
    .option('--data-dir <folder>', 'also check the data files in this folder')
    .option('--json', 'print JSON')
    .action(async ({ dataDir, json }: { readonly dataDir?: string; readonly json?: true }) => {
      const findings = await examine(dataDir);
      print(json === true ? JSON.stringify(findings, null, 2) : findingsText(findings));
      if (!isUsable(findings)) done(EXIT.failed);
    });
  return program;
}

const append = (value: string, before: readonly string[]): string[] => [...before, value];
const names = (value: string): string[] => value.split(',').map((name) => name.trim());

function number(value: string): number {
  // Not what Number alone takes: hexadecimal digits, Infinity, blanks around.
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(value) && Number.isFinite(Number(value)))
    return Number(value) + 0;
  throw new InvalidArgumentError('Not a number.');
}

const numbers = (value: string): number[] => names(value).map(number);
