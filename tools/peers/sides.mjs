import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeEnd, lastLines, runCommand } from '../native-engine/run-command.mjs';

/**
 * The part of the output of `distill-bench speed --json` (schema 1) that is read here.
 *
 * @typedef {object} OurReport
 * @property {{ node: string, engine: { name: string, version: string } }} environment
 * @property {{ model: string, parameters: number }} student
 * @property {{ model: string, parameters: number }} teacher
 * @property {{ method: string, phase: string, phases: number, stepMs: { median: number }, coresUsed: number }[]} methods
 * @property {{ method: string, early: MemoryPoint, end: MemoryPoint }[]} memory
 *
 * @typedef {{ step: number, tensors: number, rss: number }} MemoryPoint
 */

/**
 * What torch_steps.py prints.
 *
 * @typedef {object} TorchReport
 * @property {string} python
 * @property {string} torch
 * @property {number} threads
 * @property {string} device
 * @property {Record<string, number>} parameters by network
 * @property {Record<string, number[]>} milliseconds by case
 * @property {Record<string, number>} coresUsed by case
 * @property {Record<string, string>} missing why a case was not run
 */

/**
 * Either what a side printed, or why it did not.
 *
 * @template T
 * @typedef {{ report: T, missing?: undefined } | { report?: undefined, missing: string }} Outcome
 */

const BENCH = fileURLToPath(new URL('../../packages/bench/bin/distill-bench.mjs', import.meta.url));
const TORCH = fileURLToPath(new URL('torch_steps.py', import.meta.url));
const GET_TORCH =
  'Install PyTorch for the CPU (Debian: apt install python3-torch; pip: install torch) and name its Python with --python.';

/** A run that takes seconds on every engine, including a software renderer. */
const SMALL_RUN = {
  dataset: { name: 'synthetic', classes: 4, superclasses: 2, trainSize: 96, testSize: 32 },
  validationFraction: 0.25,
  teacher: { model: 'plain8', epochs: 1 },
  student: { model: 'resnet8' },
  methods: ['kd'],
  seeds: [0],
  epochs: 2,
  batchSize: 16,
};

/** The variables by which TensorFlow, OpenMP and oneDNN are told how many threads to use. @param {number} threads */
function threadVariables(threads) {
  const count = String(threads);
  return { TF_NUM_INTRAOP_THREADS: count, OMP_NUM_THREADS: count };
}

/**
 * Runs `distill-bench speed` in a separate process.
 *
 * @param {string | undefined} bench script of another distill-bench than this checkout's
 * @param {readonly string[]} args
 * @param {number} threads
 * @param {Record<string, string>} environment
 * @returns {Promise<Outcome<OurReport>>}
 */
export function runOurs(bench, args, threads, environment) {
  const command = [bench ?? BENCH, 'speed', ...args, '--json'];
  return outcomeOf(process.execPath, command, { ...threadVariables(threads), ...environment }, '');
}

/**
 * Training losses of `distill-bench run` on an engine, epoch by epoch, of a network so small that every engine takes seconds.
 *
 * @param {string | undefined} bench
 * @param {string} engine
 * @returns {Promise<Outcome<number[]>>}
 */
export async function runLosses(bench, engine) {
  const out = await mkdtemp(join(tmpdir(), 'distilljs-losses-'));
  try {
    const config = join(out, 'config.json');
    await writeFile(config, JSON.stringify({ ...SMALL_RUN, engine }));
    const args = [bench ?? BENCH, 'run', '--config', config, '--out', join(out, 'run')];
    const result = await runCommand(process.execPath, args);
    if (result.status !== 0) return { missing: `engine ${engine}: ${lastLines(result.output)}` };
    const rows = (await readFile(join(out, 'run/kd/0/metrics.jsonl'), 'utf8')).trim().split('\n');
    /** @type {{ terms: Record<string, { value: number }> }[]} */
    const epochs = rows.map((row) => JSON.parse(row));
    return { report: epochs.flatMap(({ terms }) => Object.values(terms).map(({ value }) => value)) };
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

/**
 * torch_steps.py.
 *
 * @param {string} python
 * @param {readonly string[]} args
 * @param {number} threads
 * @returns {Promise<Outcome<TorchReport>>}
 */
export function runTorch(python, args, threads) {
  const command = [TORCH, ...args, '--threads', String(threads)];
  return outcomeOf(python, command, threadVariables(threads), GET_TORCH);
}

/** Builds the changed parts of what `distill-bench` runs. Its output goes to standard error. */
export async function buildBench() {
  const result = await runCommand('npx', ['nx', 'run', '@distilljs/bench:build']);
  if (result.status === 0) return;
  throw new Error(`The build failed (${describeEnd(result)}):\n${lastLines(result.output)}`);
}

/**
 * @template T
 * @param {string} program
 * @param {readonly string[]} args
 * @param {Record<string, string>} environment
 * @param {string} hint
 * @returns {Promise<Outcome<T>>}
 */
async function outcomeOf(program, args, environment, hint) {
  const result = await runCommand(program, args, { environment });
  if (result.status === 0) return { report: JSON.parse(result.stdout) };
  // The reason is on one line; advice on flags or a stack may follow.
  const said = /^.*(?:Error|error|no PyTorch).*$/m.exec(result.output)?.[0] ?? describeEnd(result);
  const missing = result.missing ? `${program}: ${describeEnd(result)}` : said;
  return { missing: hint === '' ? missing : `${missing}. ${hint}` };
}
