import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { placeOf, readRunCells } from '../../src/cell/run-cells.js';
import { parseShard, shardOf } from '../../src/cell/shard.js';
import { main } from '../../src/cli.js';
import {
  clusterPath,
  jobName,
  kubernetesManifest,
  mergeRuns,
  shellScript,
  slurmScript,
  waveLines,
  wavesOf,
} from '../../src/cluster/index.js';
import type { ClusterJobs } from '../../src/cluster/index.js';
import type { RunConfig } from '../../src/config/index.js';
import { RESULT_SCHEMA } from '../../src/report/report-data.js';
import type { Cell } from '../../src/run/cells.js';
import { modelDigest } from '../../src/run/kept-files.js';
import { prepareRun } from '../queue/stub-run.js';
import { refusal } from '../run/tiny-bench.js';

const root = mkdtempSync(join(tmpdir(), "cluster's "));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

/** A program of this name that writes down how it was called, and fails for cells named `bad`. */
function stub(name: string, script: string): string {
  const file = join(root, 'bin', name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/usr/bin/env bash\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}
const calls = join(root, 'calls');
// A line is written at once: several run at a time.
stub('distill-bench', `echo "$(printf '%s|' "$@")" >> "$CALLS"; case "$3" in bad/*) exit 1;; esac`);
const taken = (): string[] => {
  const lines = existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : [];
  rmSync(calls, { force: true });
  return lines;
};
function bash(script: string, args: readonly string[], env: Record<string, string> = {}) {
  const file = join(root, 'script.sh');
  writeFileSync(file, script);
  expect(spawnSync('bash', ['-n', file]).status).toBe(0);
  return spawnSync('bash', [file, ...args], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${join(root, 'bin')}:${process.env['PATH'] ?? ''}`, CALLS: calls, ...env },
  });
}

const at = join(root, 'run');
const jobs = (changes: Partial<ClusterJobs> = {}): ClusterJobs => ({
  waves: [['teacher'], ['a/0', 'bad/0', 'c/0', 'd/0', 'e/0']],
  at,
  name: 'distill-run',
  command: 'distill-bench',
  tasks: 1000,
  needsGpu: false,
  ...changes,
});

describe('the cells of a run', () => {
  it('come in waves: dependent cells after those they need, finished ones not at all', async () => {
    prepareRun(at, ['a', 'b'], [0, 1]);
    const cells = await readRunCells(at);
    expect(wavesOf(cells, new Set())).toEqual([['teacher'], ['a/0', 'b/0', 'a/1', 'b/1']]);
    expect(wavesOf(cells, new Set(['teacher', 'a/0']))).toEqual([['b/0', 'a/1', 'b/1']]);
    expect(wavesOf(cells, new Set(cells.all.map(({ name }) => name)))).toEqual([]);
  });

  it('are divided into parts that have what they need', async () => {
    prepareRun(at, ['a', 'b'], [0, 1]);
    const { all } = await readRunCells(at);
    const names = (shard: string): string[] => shardOf(all, parseShard(shard)).map(({ name }) => name);
    expect(names('1/3')).toEqual(['teacher', 'a/0', 'b/1']);
    expect(names('2/3')).toEqual(['teacher', 'b/0']);
    expect(names('3/3')).toEqual(['teacher', 'a/1']);
    for (const wrong of ['0/3', '4/3', '1', '1/0', 'a/b', '-1/2'])
      expect(() => parseShard(wrong), wrong).toThrow('--shard: expected PART/PARTS');
  });
});

describe.skipIf(process.platform === 'win32')('scripts', () => {
  it('of a shell work wave after wave, and go on past what fails', () => {
    const { status } = bash(shellScript(jobs()), [], { JOBS: '3' });
    expect(status).toBe(1);
    const lines = taken();
    expect(lines[0]).toBe(`train|${at}|teacher|`);
    expect(lines.slice(1, -1).sort()).toEqual(
      ['a/0', 'bad/0', 'c/0', 'd/0', 'e/0'].map((cell) => `train|${at}|${cell}|`),
    );
    expect(lines.at(-1)).toBe(`report|${at}|`);
    expect(bash(shellScript(jobs({ waves: [] })), []).status).toBe(0);
    taken();
    // Lines for xargs, parallel and the like hold for any path.
    expect(bash(waveLines(jobs(), 0), []).status).toBe(0);
    expect(taken()).toEqual([`train|${at}|teacher|`]);
    expect(waveLines(jobs(), 1).split('\n')).toHaveLength(5);
  });

  it('for Slurm submit themselves, an array per wave after the one before', () => {
    stub('sbatch', `printf '%s|' "$@" >> "$CALLS"; echo >> "$CALLS"; echo $((100 + $(wc -l < "$CALLS")))`);
    const script = slurmScript(jobs({ tasks: 2, needsGpu: true }));
    expect(script).toMatch(/^#SBATCH --gpus=1$/m);
    const file = join(root, 'script.sh');
    expect(bash(script, [], { LIMIT: '8', SLURM_JOB_ID: '' }).status).toBe(0);
    expect(taken()).toEqual([
      `--parsable|--array=0-0%8|${file}|1|1|`,
      `--parsable|--array=0-1%8|--dependency=afterany:101|${file}|2|2|`,
      `--parsable|--dependency=afterany:102|${file}|report|`,
    ]);
    const task = (index: string, ...args: string[]) =>
      bash(script, args, { SLURM_JOB_ID: '7', SLURM_ARRAY_JOB_ID: '7', SLURM_ARRAY_TASK_ID: index });
    expect(task('0', '2', '2').status).toBe(0);
    expect(taken()).toEqual(['a/0', 'c/0', 'e/0'].map((cell) => `train|${at}|${cell}|--take-over|`));
    expect(task('1', '2', '2').status).toBe(1);
    expect(taken()).toEqual(['bad/0', 'd/0'].map((cell) => `train|${at}|${cell}|--take-over|`));
    expect(task('0', 'report').status).toBe(0);
    expect(taken()).toEqual([`report|${at}|`]);
  });

  it('for Slurm end with a checkpoint when their time is up, and are queued again', () => {
    stub('scontrol', `printf '%s|' "$@" >> "$CALLS"; echo >> "$CALLS"`);
    // As a training does: it ends a little after the signal, with its own exit code.
    const endedBy = (signal: string): number | null => {
      const slow = stub(
        `slow-${signal}`,
        `trap 'sleep 0.3; echo saved >> "$CALLS"; exit 130' TERM; kill -${signal} "$PPID"; for i in $(seq 100); do sleep 0.1; done`,
      );
      const script = slurmScript(jobs({ command: `'${slow.replaceAll("'", `'\\''`)}'` }));
      const env = { SLURM_JOB_ID: '7', SLURM_ARRAY_JOB_ID: '7', SLURM_ARRAY_TASK_ID: '0' };
      return bash(script, ['2', '1'], env).status;
    };
    expect(endedBy('USR1')).toBe(0);
    expect(taken()).toEqual(['saved', 'requeue|7_0|']);
    // Whoever cancels a job does not want it back.
    expect(endedBy('TERM')).toBe(130);
    expect(taken()).toEqual(['saved']);
  });
});

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly suspend: boolean;
    readonly completions: number;
    readonly template: { readonly spec: { readonly containers: readonly [{ readonly command: string[] }] } };
  };
}

describe('a manifest for Kubernetes', () => {
  const of = (text: string): Manifest[] =>
    parseAllDocuments(text).map((document) => document.toJS() as Manifest);

  it('has an Indexed Job per wave, of which only the first begins by itself', () => {
    const [map, first, second, report, ...others] = of(
      kubernetesManifest(jobs(), { image: 'mine:1', claim: 'runs' }),
    );
    expect(map?.data).toEqual({ 'wave-1': 'teacher\n', 'wave-2': 'a/0\nbad/0\nc/0\nd/0\ne/0\n' });
    expect([first, second, report].map((each) => [each?.metadata.name, each?.spec?.completions])).toEqual([
      ['distill-run-1', 1],
      ['distill-run-2', 5],
      ['distill-run-report', 1],
    ]);
    expect([first, second, report].map((each) => each?.spec?.suspend)).toEqual([false, true, true]);
    expect(others).toEqual([]);
  });

  it.each([2, 1000])('trains every cell once with at most %s pods of a wave', (tasks) => {
    const all = of(kubernetesManifest(jobs({ tasks }), { image: 'mine:1', claim: 'runs' }));
    const [, , second] = all;
    const list = join(root, 'wave-2');
    writeFileSync(list, all[0]?.data?.['wave-2'] ?? '');
    const [, , script = ''] = second?.spec?.template.spec.containers[0].command ?? [];
    const seen = Array.from({ length: second?.spec?.completions ?? 0 }, (_, index) => {
      const text = script.replaceAll('/cells/wave-2', `'${list.replaceAll("'", `'\\''`)}'`);
      bash(text, [], { RUN: '/runs/a', JOB_COMPLETION_INDEX: String(index) });
      return taken();
    }).flat();
    expect(seen.sort()).toEqual(
      ['a/0', 'bad/0', 'c/0', 'd/0', 'e/0'].map((cell) => `train|/runs/a|${cell}|--take-over|`),
    );
  });

  it('is refused for more cells than a ConfigMap holds', () => {
    const waves = [Array.from({ length: 100_000 }, (_, seed) => `some-method/${seed}`)];
    expect(() => kubernetesManifest(jobs({ waves }), { image: 'a', claim: 'b' })).toThrow(
      /ConfigMap.*submit/,
    );
  });

  it('has names and paths that a cluster takes', () => {
    expect(jobName('/runs/CIFAR_10 (ü)!')).toBe('distill-cifar-10');
    expect(jobName('/')).toBe('distill');
    expect(clusterPath('relative')).toMatch(/^\/.*relative$/);
    expect(() => clusterPath('a', 'relative')).toThrow('--at');
    expect(() => clusterPath('a', '/a\nb')).toThrow('--at');
  });
});

describe('runs of machines without a shared folder', () => {
  const data = {
    train: { size: 1, fingerprint: 'a' },
    validation: { size: 1, fingerprint: 'b' },
    test: { size: 1, fingerprint: 'c' },
  };
  const trained = { epochs: [], secondsPerEpoch: Math.random(), warnings: [] };
  const resultOf = (cell: Cell): object =>
    cell.kind === 'student'
      ? {
          ...{ schema: RESULT_SCHEMA, method: cell.method, options: {}, seed: cell.seed, ...trained },
          ...{ testAccuracyLast: 0.25, testAccuracyBest: 0.25 },
          ...{ studentParameters: 1, studentMacs: 1, extraTrainParameters: 0 },
        }
      : {
          ...{ model: 'plain8', testAccuracy: 0.25, validationAccuracy: 0.25, ...trained },
          ...{ parameters: 1, macs: 1, source: 'trained' },
        };
  async function shard(
    name: string,
    cells: Readonly<Record<string, object>>,
    images: object = data,
  ): Promise<string> {
    const folder = join(root, name);
    prepareRun(folder, ['a', 'b'], [0, 1]);
    writeFileSync(join(folder, 'data.json'), JSON.stringify(images));
    const known = await readRunCells(folder);
    for (const [cell, result] of Object.entries(cells)) {
      const found = known.find(cell);
      if (found === undefined) throw new Error(cell);
      const place = placeOf(found);
      mkdirSync(join(place.root, 'checkpoint'), { recursive: true });
      mkdirSync(place.model, { recursive: true });
      for (const file of ['model.json', 'weights.bin']) writeFileSync(join(place.model, file), cell);
      const own = { ...resultOf(found.cell), modelDigest: await modelDigest([place.model]) };
      writeFileSync(place.result, JSON.stringify({ ...own, ...result }));
      writeFileSync(place.metrics, cell);
    }
    return folder;
  }
  const read = (folder: string, file: string): string => readFileSync(join(folder, file), 'utf8');

  it('are merged, also one after the other', async () => {
    const one = await shard('one', { teacher: {}, 'a/0': {} });
    const two = await shard('two', { teacher: {}, 'b/0': {}, 'a/1': {} });
    const three = await shard('three', { teacher: {}, 'b/1': {} });
    const into = join(root, 'merged');
    expect(await mergeRuns([one, two], into)).toEqual({ cells: 5, done: 4, added: 4 });
    expect(read(into, 'a/1/metrics.jsonl')).toBe('a/1');
    expect(existsSync(join(into, 'a/1/checkpoint'))).toBe(false);
    // Again changes nothing, and more may be added; what a user put into a training that is half done stays.
    for (const file of ['notes.txt', 'checkpoint/notes.txt', 'metrics.jsonl']) {
      mkdirSync(join(into, 'b/1/checkpoint'), { recursive: true });
      writeFileSync(join(into, 'b/1', file), 'mine');
    }
    expect(await mergeRuns([one, two], into)).toEqual({ cells: 5, done: 4, added: 0 });
    expect(await mergeRuns([three], into)).toEqual({ cells: 5, done: 5, added: 1 });
    expect(read(into, 'b/1/notes.txt') + read(into, 'b/1/checkpoint/notes.txt')).toBe('minemine');
    expect(read(into, 'b/1/metrics.jsonl')).toBe('b/1');
    expect(readdirSync(join(into, 'b'))).toEqual(['0', '1']);
    expect(JSON.parse(read(into, 'config.json'))).toEqual(JSON.parse(read(one, 'config.json')));
    expect(await mergeRuns([two, three, one], one)).toEqual({ cells: 5, done: 5, added: 3 });
  });

  it('leave no half-made copy behind where a process works on the same training', async () => {
    const part = await shard('part', { teacher: {}, 'a/0': {} });
    const into = await shard('busy', { teacher: {} });
    mkdirSync(join(into, 'a/0'), { recursive: true });
    const holder = { pid: process.pid, host: hostname(), since: new Date().toISOString(), attempt: 1 };
    writeFileSync(join(into, 'a/0/lock.json'), JSON.stringify(holder));
    expect(await refusal(mergeRuns([part], into))).toContain('that no other process works in');
    expect(readdirSync(join(into, 'a'))).toEqual(['0']);
  });

  it('may have their files in other places, which must have the same content', async () => {
    const digests = { student: 'd1', method: 'd2' };
    const facts = { classes: ['cat', 'dog'] };
    const part = async (name: string, cells: Readonly<Record<string, object>>): Promise<string> => {
      const folder = await shard(name, cells);
      const file = join(folder, 'config.json');
      const config = JSON.parse(readFileSync(file, 'utf8')) as RunConfig;
      const own = {
        student: { model: 'net', path: `/${name}/net`, weights: 'fresh' },
        teacher: { ...config.teacher, path: `/${name}/t.onnx`, classes: `/${name}/c.txt` },
        methods: config.methods.map((method) => ({ ...method, from: `/${name}/own.mjs` })),
      };
      writeFileSync(file, JSON.stringify({ ...config, ...own }));
      return folder;
    };
    const one = await part('m1', { teacher: { facts }, 'a/0': { sources: digests } });
    const two = await part('m2', { teacher: { facts }, 'a/1': { sources: digests } });
    const into = join(root, 'of-machines');
    expect(await mergeRuns([one, two], into)).toEqual({ cells: 5, done: 3, added: 3 });
    expect(JSON.parse(read(into, 'config.json'))).toEqual(JSON.parse(read(one, 'config.json')));
    const cases = [
      ['m3', { 'a/1': { sources: { ...digests, student: 'x' } } }, 'expected the student as for'],
      ['m4', { 'a/1': { sources: { ...digests, method: 'x' } } }, 'expected the module of method a as for'],
      [
        'm5',
        { teacher: { facts: { classes: ['dog', 'cat'] } } },
        "expected the teacher's class names (teacher.classes) as for",
      ],
    ] as const;
    for (const [name, cells, says] of cases) {
      const said = await refusal(mergeRuns([one, await part(name, cells)], into));
      expect(said).toContain(says);
      expect(said).toContain('got another content. Copy the same files to every machine');
    }
    const module = await part('m6', {});
    const config = JSON.parse(read(module, 'config.json')) as RunConfig;
    writeFileSync(
      join(module, 'config.json'),
      JSON.stringify({ ...config, student: { model: 'net', from: '/a.mjs' } }),
    );
    expect(await refusal(mergeRuns([one, module], into))).toContain('got another student');
  });

  it('are refused with other configurations, images, teachers or results, and nothing is written', async () => {
    const into = join(root, 'nothing');
    const one = await shard('first', { teacher: {}, 'a/0': {} });
    const teacher = await shard('teacher', { teacher: { modelDigest: 'other' } });
    expect(await refusal(mergeRuns([one, teacher], into))).toMatch(
      /teacher.result.json: expected the result in .*first.teacher.result.json, got another modelDigest.*--teacher/,
    );
    const result = await shard('result', { teacher: {}, 'a/0': { testAccuracyLast: 0.5 } });
    expect(await refusal(mergeRuns([one, result], into))).toContain('got another testAccuracyLast');
    const another = await shard('another', { teacher: {}, 'a/0': { seed: 1 } });
    expect(await refusal(mergeRuns([one, another], into))).toMatch(
      /another.a.0.result.json: expected the result of a with seed 0, got that of a with seed 1/,
    );
    const damaged = await shard('damaged', { teacher: {}, 'a/0': {} });
    writeFileSync(join(damaged, 'a/0/result.json'), 'null');
    expect(await refusal(mergeRuns([damaged, one], into))).toMatch(
      /damaged.a.0.result.json: expected the file as it was written, got content: /,
    );
    const images = await shard('images', {}, { ...data, test: { size: 2, fingerprint: 'd' } });
    expect(await refusal(mergeRuns([one, images], into))).toContain('got other test images (1, now 2)');
    const config = await shard('config', {});
    const changed = { ...(JSON.parse(read(config, 'config.json')) as object), batchSize: 99 };
    writeFileSync(join(config, 'config.json'), JSON.stringify(changed));
    expect(await refusal(mergeRuns([one, config], into))).toMatch(/got another batchSize \(16, now 99\)/);
    // Of three parts, the second and the third have a method that the first lacks.
    const withMethods = async (
      name: string,
      cells: Readonly<Record<string, object>>,
      change: (methods: RunConfig['methods']) => RunConfig['methods'],
    ): Promise<string> => {
      const folder = await shard(name, cells);
      const { methods, ...others } = JSON.parse(read(folder, 'config.json')) as RunConfig;
      writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...others, methods: change(methods) }));
      return folder;
    };
    const withoutB = await withMethods('without-b', { teacher: {} }, (all) => all.slice(0, 1));
    const plainB = await shard('plain-b', { teacher: {}, 'b/0': {} });
    const otherB = await withMethods('other-b', { teacher: {}, 'b/1': {} }, (all) =>
      all.map((method) => ({ ...method, options: { temperature: 9 } })).toSpliced(0, 1, all[0] as never),
    );
    expect(await refusal(mergeRuns([withoutB, plainB, otherB], into))).toMatch(
      /other-b: expected the configuration of .*plain-b, got another method b /,
    );
    expect(await refusal(mergeRuns([one, join(root, 'none')], into))).toContain(
      'expected a run folder, got none',
    );
    expect(existsSync(into)).toBe(false);
    const notes = join(root, 'notes');
    mkdirSync(notes);
    writeFileSync(join(notes, 'mine.txt'), '');
    expect(await refusal(mergeRuns([one], notes))).toContain('a folder with other files');
    expect(await refusal(mergeRuns([one], notes))).toContain('Merge into another folder.');
    const file = join(notes, 'mine.txt');
    expect(await refusal(mergeRuns([one], file))).toContain(
      'expected a folder, got a file. Merge into another folder.',
    );
  });
});

describe('the command line', () => {
  it('prints every format', async () => {
    prepareRun(at, ['a'], [0]);
    vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    for (const format of ['shell', 'slurm', 'k8s'])
      expect(await main(['jobs', at, '--format', format])).toBe(0);
    expect(await main(['jobs', at, '--format', 'k8s', '--wave', '1'])).toBe(2);
    vi.restoreAllMocks();
  });
});
