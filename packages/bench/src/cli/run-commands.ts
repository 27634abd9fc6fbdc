import { ENGINES } from '@distilljs/core';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { presetNames } from '../config/index.js';
import { explainRun } from '../explain/index.js';
import { quantizations } from '../export/index.js';
import { renderStudyTerminal, renderTerminal, reportFormats, USUAL_FORMATS } from '../report/index.js';
import type { ReportFormat } from '../report/index.js';
import { readStudy, runFoldersOf } from '../run/matrix.js';
import { eachFinished } from '../run/run-folder.js';
import { writeStudyReport } from '../run/study-report.js';
import { rewriteReport } from '../run/write-report.js';
import { append, names, number, numbers } from './arguments.js';
import { stopSignal } from './process.js';
import type { ExitCode } from './process.js';
import { exportCommand, exportSource } from './export-command.js';
import type { ExportFlags } from './export-command.js';
import { metricsCommand } from './metrics-command.js';
import type { MetricsFlags } from './metrics-command.js';
import { print, terminalLog } from './output.js';
import { runCommand } from './run-command.js';
import type { RunFlags } from './run-flags.js';
import { serveRun } from '../serve/index.js';
import type { ServeOptions } from '../serve/index.js';
import { trainCommand } from './train-command.js';

/** Commands that make, continue or read a run folder. */
export function addRunCommands(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('run')
    .description('train the teacher and every method with every seed, then write the report')
    .addOption(new Option('--preset <name>', `start from a preset: ${presetNames.join(', ')}`))
    .option('--config <file>', 'configuration, YAML or JSON')
    .requiredOption('--out <folder>', 'run folder (required)')
    .option(
      '--methods <names>',
      'methods to compare, comma-separated: of the configuration, of the catalog, or all',
      names,
    )
    .option('--seeds <numbers>', 'seeds, comma-separated', numbers)
    .addOption(new Option('--engine <name>', `one of auto, ${ENGINES.map(({ name }) => name).join(', ')}`))
    .option('--dataset <name>', 'dataset or format, see `distill-bench list datasets`')
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
    )
    .option('--race', 'drop methods that can no longer win, then confirm the winner with fresh seeds')
    .option('--budget <time>', 'time limit of a race, e.g. 45m, 2h or 1h30m')
    .option('--jobs <number>', 'trainings at a time, in as many processes (default: 1)', number)
    .option('--shard <part/parts>', 'train one part of the run, e.g. 2/4; `merge` combines the parts')
    .option('--export <folder>', 'at the end, export the student of the best method, as `export` does')
    .option(
      '--dry-run',
      'print the trainings, which are done, and how long the rest will take; change nothing',
    )
    .option('--prepare', 'make the run folder, print the commands that train its cells, and train nothing')
    .option('--resume', 'continue the run in the folder')
    .option('--overwrite', 'start over in a folder that holds a run')
    .option('--json', 'print report.json instead of a table')
    .action(async (flags: RunFlags) => {
      done(await runCommand(flags));
    });

  program
    .command('train')
    .description('train or continue one cell of a run folder: the teacher, or one method with one seed')
    .argument('<run>', 'run folder, made by `run` or `run --prepare`')
    .argument('<cell>', 'teacher, or METHOD/SEED; in a study TASK/teacher, TASK/METHOD/SEED')
    .option(
      '--take-over',
      'also from a process of another machine that holds the cell but is known to have ended',
    )
    .action(async (run: string, cell: string, { takeOver }: { readonly takeOver?: true }) => {
      done(await trainCommand(run, cell, takeOver === true));
    });

  program
    .command('report')
    .description('rewrite the report of a run; the run may be unfinished')
    .argument('<run>', 'run folder')
    .option(
      '--format <names>',
      `what to write, comma-separated, of ${reportFormats.join(', ')} (default: ${USUAL_FORMATS.join(',')})`,
      formats,
    )
    .option('--json', 'print report.json instead of a table')
    .action(
      async (run: string, flags: { readonly format?: readonly ReportFormat[]; readonly json?: true }) => {
        const isStudy = (await readStudy(run)) !== undefined;
        const { report, page, files } = isStudy
          ? await writeStudyReport(run, flags.format)
          : await rewriteReport(run, flags.format);
        const text = 'tasks' in report ? renderStudyTerminal(report) : renderTerminal(report);
        const ofTasks = isStudy ? ["Wrote the tasks' reports in the same formats."] : [];
        const written =
          flags.format === undefined
            ? [`Report: ${page}`]
            : [...files.map((file) => `Wrote ${file}`), ...ofTasks];
        print(flags.json === true ? JSON.stringify(report, null, 2) : [text, '', ...written].join('\n'));
      },
    );

  program
    .command('serve')
    .description('show a run in progress on a local page, with its report; read-only')
    .argument('<run>', 'run folder')
    .option('--port <number>', 'port (default: a free one)', port)
    .option('--host <address>', 'address to listen on (default: 127.0.0.1, this machine only)')
    .action(async (run: string, flags: ServeOptions) => {
      const server = await serveRun(run, flags);
      print(`Open ${server.address} (Ctrl-C ends it).`);
      const signal = stopSignal(() => undefined);
      await new Promise((ended) => {
        signal.addEventListener('abort', ended, { once: true });
      });
      await server.close();
    });

  program
    .command('export')
    .description('export a trained student: tfjs model, model card, page that classifies a dropped image')
    .argument('<run>', 'run folder')
    .argument('<method>', 'method, by its name in the run; in a study TASK/METHOD')
    .argument('<seed>', 'seed', number)
    .requiredOption('--to <folder>', 'folder to create (required)')
    .addOption(new Option('--quantize <type>', 'how kernels are stored').choices(quantizations))
    .option('--with-softmax', 'make the model output probabilities instead of logits')
    .option('--json', 'print card.json instead of a table')
    .action(async (run: string, method: string, seed: number, flags: ExportFlags) => {
      const source = await exportSource(run, method);
      await exportCommand(source.run, source.method, seed, flags);
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
      await metricsCommand((await Promise.all(runs.map(runFoldersOf))).flat(), flags);
    });

  program
    .command('explain')
    .description(
      'show what the students of a run have learned: attention, trees, conflicts between subtasks, and whether an adversary moved feature maps',
    )
    .argument('<run>', 'run folder with methods such as kdexplainer or kd+vam')
    .option('--json', 'print explain.json instead of the findings; of a study a list')
    .action(async (run: string, { json }: { readonly json?: true }) => {
      const folders = await runFoldersOf(run);
      const log = terminalLog();
      const all = await eachFinished(folders, explainRun, (text) => {
        log.say(text);
      });
      if (json === true) {
        const explained = all.map((each) => each.explained);
        print(JSON.stringify(folders.length === 1 ? explained[0] : explained, null, 2));
      } else
        for (const { explained, page } of all) print([...explained.findings, `Page: ${page}`].join('\n'));
    });
}

function formats(value: string): readonly ReportFormat[] {
  return names(value).map((name) => {
    const format = reportFormats.find((known) => known === name);
    if (format === undefined) throw new InvalidArgumentError(`Allowed are ${reportFormats.join(', ')}.`);
    return format;
  });
}

function port(value: string): number {
  const number = Number(value);
  if (/^\d{1,5}$/.test(value) && number < 65_536) return number;
  throw new InvalidArgumentError('Not a port from 0 to 65535.');
}
