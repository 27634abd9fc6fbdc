import { DistillError } from '@distilljs/core';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { expectNoRace, readRunCells } from '../cell/run-cells.js';
import {
  clusterPath,
  jobName,
  kubernetesManifest,
  mergeRuns,
  shellScript,
  slurmScript,
  waveLines,
  wavesOf,
} from '../cluster/index.js';
import type { ClusterJobs } from '../cluster/index.js';
import { doneCells } from '../queue/index.js';
import { readStudy } from '../run/matrix.js';
import { writeStudyReport } from '../run/study-report.js';
import { rewriteReport } from '../run/write-report.js';
import { print } from './output.js';

interface JobsFlags {
  readonly format: 'shell' | 'slurm' | 'k8s';
  readonly at?: string;
  readonly command: string;
  readonly tasks?: number;
  readonly wave?: number;
  readonly image?: string;
  readonly claim?: string;
}

interface MergeFlags {
  readonly into: string;
  readonly json?: true;
}

/** Commands for clusters with their own scheduler, and for machines that share no folder. */
export function addClusterCommands(program: Command): void {
  program
    .command('jobs')
    .description('print the remaining cells of a run as jobs for a cluster, teachers before students')
    .argument('<run>', 'run folder, made by `run --prepare`')
    .addOption(
      new Option('--format <name>', 'what to print (required)')
        .choices(['shell', 'slurm', 'k8s'])
        .makeOptionMandatory(),
    )
    .option('--at <path>', 'path of the run folder on the cluster (default: its path here)')
    .option('--command <command>', 'command that starts distill-bench there', 'distill-bench')
    .option(
      '--tasks <number>',
      'slurm, k8s: maximum number of tasks in an array; with more cells, each task trains several (default: 1000)',
      whole,
    )
    .option('--wave <number>', 'shell: only the lines of this wave, for xargs or parallel', whole)
    .option('--image <name>', 'k8s: image with distill-bench (default: distilljs:latest)')
    .option('--claim <name>', 'k8s: volume claim that holds the run folder (default: distilljs-runs)')
    .action(async (run: string, flags: JobsFlags) => {
      print(await jobsText(run, flags));
    });

  program
    .command('merge')
    .description('combine the finished cells of several folders of one run, and write the report')
    .argument('<runs...>', 'run folders, e.g. of `run --shard`')
    .requiredOption('--into <folder>', 'run folder to create or extend (required)')
    .option('--json', 'print JSON')
    .action(async (runs: readonly string[], { into, json }: MergeFlags) => {
      const merged = await mergeRuns(runs, into);
      const isStudy = (await readStudy(into)) !== undefined;
      const { page } = isStudy ? await writeStudyReport(into) : await rewriteReport(into);
      const { cells, done, added } = merged;
      const left =
        done < cells
          ? ` \`distill-bench run\` with the same configuration and \`--out ${into} --resume\` trains the others.`
          : '';
      const text = `${done} of ${cells} cells are done, ${added} of them added.${left}\n\nReport: ${page}`;
      print(json === true ? JSON.stringify({ ...merged, page }, null, 2) : text);
    });
}

/** Flags that some formats have no use for. */
const FORMATS_OF: Readonly<Partial<Record<keyof JobsFlags, readonly JobsFlags['format'][]>>> = {
  wave: ['shell'],
  tasks: ['slurm', 'k8s'],
  image: ['k8s'],
  claim: ['k8s'],
};

async function jobsText(run: string, flags: JobsFlags): Promise<string> {
  const { format, command, tasks = 1000, wave, image = 'distilljs:latest', claim = 'distilljs-runs' } = flags;
  for (const [flag, formats] of Object.entries(FORMATS_OF))
    if (flags[flag as keyof JobsFlags] !== undefined && !formats.includes(format))
      throw usage(`--${flag}`, `no --${flag}`, `--format ${format}`);
  if (/[\p{Cc}]/u.test(command)) throw usage('--command', 'a command in one line', 'control characters');
  const cells = await readRunCells(run);
  expectNoRace(cells, run);
  const at = clusterPath(run, flags.at);
  const jobs: ClusterJobs = {
    waves: wavesOf(cells, await doneCells(cells.all)),
    at,
    name: jobName(at),
    command,
    tasks,
    needsGpu: cells.all.some(({ engine }) => engine === 'node-gpu'),
  };
  if (wave !== undefined) return waveLines(jobs, wave - 1);
  if (format === 'slurm') return slurmScript(jobs).trimEnd();
  if (format === 'k8s') return kubernetesManifest(jobs, { image, claim }).trimEnd();
  return shellScript(jobs).trimEnd();
}

const usage = (where: string, expected: string, got: string): DistillError =>
  new DistillError({ code: 'config', where, expected, got });

function whole(value: string): number {
  if (/^[1-9]\d{0,4}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('Not a whole number from 1 to 99999.');
}
