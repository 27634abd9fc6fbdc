import { median, SMALL_STEPS } from './rows.mjs';
import { runLosses, runOurs, runTorch } from './sides.mjs';

const MIB = 2 ** 20;

/** @import { OurReport } from './sides.mjs' */
/** @import { PeerOptions } from './options.mjs' */

/**
 * All measurements.
 *
 * @typedef {object} Measurements
 * @property {Map<string, number>[]} rounds per round the measurements by the keys that the rows name
 * @property {Map<string, string>} missing why the measurements whose keys begin so are not there
 * @property {Map<string, string>} versions
 * @property {Map<string, number>} coresUsed processor seconds per second, by key
 * @property {Set<string>} parameters `NETWORK NUMBER`, of both sides: one number per network, or they differ
 */

/**
 * Measures both sides alternately, round after round.
 *
 * @param {PeerOptions} options
 * @param {(text: string) => void} say
 * @returns {Promise<Measurements>}
 */
export async function measure(options, say) {
  const { parts, quick } = options;
  const rounds = quick ? 1 : 3;
  /** @type {Measurements} */
  const found = {
    rounds: [],
    missing: new Map(),
    versions: new Map(),
    coresUsed: new Map(),
    parameters: new Set(),
  };
  for (let number = 1; number <= rounds; number++) {
    found.rounds.push(new Map());
    /** @param {string} what */
    const tell = (what) => {
      say(`round ${number} of ${rounds}: ${what}`);
    };
    for (const part of parts) await TURNS[part](found, options, tell, number === 1);
  }
  return found;
}

/**
 * The measurements of one part in one round.
 *
 * @typedef {(found: Measurements, options: PeerOptions, say: (what: string) => void, isFirst: boolean) => Promise<void>} Turn
 */

/** @type {Readonly<Record<PeerOptions['parts'][number], Turn>>} */
const TURNS = { node: nodeTurn, small: smallTurn, wasm: wasmTurn, memory: memoryTurn, webgpu: webGpuTurn };

/** @type {Turn} */
async function nodeTurn(found, options, say) {
  const nets = `--model resnet20 --teacher resnet56 --steps ${options.quick ? 8 : 20}`;
  await ours(found, options, say, { engine: 'node', args: `${nets} --methods student,kd,cckd,mhgd,afd,dml` });
  await ours(found, options, say, {
    engine: 'node',
    args: `${nets} --methods kd --cached-views 2`,
    suffix: 'cached',
  });
  await torch(found, options, say, 'student,student-channels-last,student-compiled,kd,kd-compiled');
}

/** @type {Turn} */
async function smallTurn(found, options, say) {
  const nets = `--model resnet8 --teacher resnet20 --batch 16 --steps ${options.quick ? 20 : 60} --warmup 10`;
  const args = `${nets} --methods ${SMALL_STEPS.join(',')}`;
  await ours(found, options, say, { engine: 'node', args, suffix: 'small' });
  const environment = { DISTILLJS_GRAPH: '0' };
  await ours(found, options, say, { engine: 'node', args, suffix: 'small eager', environment });
  await torch(found, options, say, 'kd-small');
}

/** @type {Turn} */
async function wasmTurn(found, options, say, isFirst) {
  const student = '--model resnet20 --teacher resnet8 --methods student --warmup 0';
  await ours(found, options, say, { engine: 'wasm', args: `${student} --steps 4` });
  if (!options.parts.includes('node')) await torch(found, options, say, 'student');
  // The plain JavaScript engine takes about a second per image, and hardly varies: once is enough.
  if (!isFirst) return;
  const small = '--model resnet20 --teacher resnet8 --methods student --warmup 0 --batch 8';
  await ours(found, options, say, { engine: 'wasm', args: `${small} --steps 8`, suffix: 'small' });
  await ours(found, options, say, { engine: 'cpu', args: `${small} --steps 1`, suffix: 'small' });
}

/** The memory measurement is a long run: once is enough. @type {Turn} */
async function memoryTurn(found, options, say, isFirst) {
  if (!isFirst) return;
  const nets = '--model resnet8 --teacher resnet8 --batch 16 --methods student,kd --steps 1';
  for (const engine of ['node', 'wasm']) {
    const args = `${nets} --memory-steps ${options.memorySteps}`;
    const report = await ours(found, options, say, { engine, args, suffix: 'memory' });
    const round = found.rounds.at(-1);
    for (const { method, early, end } of report?.memory ?? []) {
      round?.set(`${engine} tensors ${method} early`, early.tensors);
      round?.set(`${engine} tensors ${method} end`, end.tensors);
      round?.set(`${engine} MiB ${method} early`, early.rss / MIB);
      round?.set(`${engine} MiB ${method} end`, end.rss / MIB);
    }
  }
}

/** Largest relative difference between the losses of two engines. */
const LOSS_TOLERANCE = 1e-3;

/** @type {Turn} */
async function webGpuTurn(found, options, say, isFirst) {
  const small = '--model resnet20 --teacher resnet56 --methods student,kd';
  const steps = options.quick ? '--steps 8' : '--steps 30';
  await ours(found, options, say, { engine: 'webgpu', args: `${small} ${steps}` });
  await ours(found, options, say, {
    engine: 'webgpu',
    args: `--model wrn-16-2 --teacher wrn-40-2 --batch 128 --methods kd ${steps}`,
    suffix: 'wide',
  });
  await torch(found, options, say, 'student,kd', { device: 'gpu' });
  await torch(found, options, say, 'kd-wide', { device: 'gpu', batch: 128 });
  if (isFirst) await lossesTurn(found, options, say);
}

/**
 * The largest difference between the losses of webgpu and cpu, relative to the latter.
 *
 * @param {Measurements} found
 * @param {PeerOptions} options
 * @param {(what: string) => void} say
 */
async function lossesTurn(found, { bench }, say) {
  /** @type {number[][]} */
  const losses = [];
  for (const engine of ['webgpu', 'cpu']) {
    say(`losses of two epochs, engine ${engine}`);
    const { report, missing } = await runLosses(bench, engine);
    if (report === undefined) {
      found.missing.set('webgpu difference', missing);
      return;
    }
    losses.push(report);
  }
  const [got = [], expected = []] = losses;
  const shares = expected.map((loss, at) => Math.abs((got[at] ?? NaN) - loss) / loss);
  found.rounds
    .at(-1)
    ?.set('webgpu difference', Math.max(...shares))
    .set('webgpu tolerance', LOSS_TOLERANCE);
}

/**
 * Runs `distill-bench speed` and keeps the median step under `ENGINE METHOD SUFFIX`; for a method with several phases, the phase follows
 * the name.
 *
 * @param {Measurements} found
 * @param {PeerOptions} options
 * @param {(text: string) => void} say
 * @param {{ engine: string, args: string, suffix?: string, environment?: Record<string, string> }} turn
 * @returns {Promise<OurReport | undefined>}
 */
async function ours(found, { bench, threads }, say, { engine, args, suffix = '', environment = {} }) {
  say(`engine ${engine}, ${args}${Object.entries(environment).map((pair) => `, ${pair.join('=')}`)}`);
  const { report, missing } = await runOurs(
    bench,
    ['--engine', engine, ...args.split(' ')],
    threads,
    environment,
  );
  if (report === undefined) {
    found.missing.set(engine, missing);
    return undefined;
  }
  const { student, teacher, methods } = report;
  found.versions.set('Node', report.environment.node);
  found.versions.set(`engine ${engine}`, report.environment.engine.version);
  for (const { model, parameters } of [student, teacher]) found.parameters.add(`${model} ${parameters}`);
  for (const { method, phase, phases, stepMs, coresUsed } of methods) {
    const key = [engine, method, phases > 1 ? phase : '', suffix].filter(Boolean).join(' ');
    found.rounds.at(-1)?.set(key, stepMs.median);
    found.coresUsed.set(key, coresUsed);
  }
  return report;
}

/**
 * Runs torch_steps.py and keeps the median step under `torch CASE`, or `torch gpu CASE`.
 *
 * @param {Measurements} found
 * @param {PeerOptions} options
 * @param {(text: string) => void} say
 * @param {string} cases
 * @param {{ device?: 'cpu' | 'gpu', batch?: number }} [on]
 */
async function torch(found, { quick, threads, python }, say, cases, { device = 'cpu', batch = 64 } = {}) {
  const key = device === 'gpu' ? 'torch gpu' : 'torch';
  say(`PyTorch, ${cases}${device === 'gpu' ? ', GPU' : ''}`);
  const steps = device === 'gpu' ? 100 : 12;
  const { report, missing } = await runTorch(
    python,
    [
      ...['--cases', cases, '--device', device, '--batch', String(batch)],
      ...['--steps', String(quick ? steps / 2 : steps), ...(device === 'gpu' ? ['--warmup', '20'] : [])],
    ],
    threads,
  );
  if (report === undefined) {
    found.missing.set(key, missing);
    return;
  }
  if (report.threads !== threads)
    throw new Error(`PyTorch took ${report.threads} threads instead of ${threads}`);
  found.versions.set('PyTorch', report.torch).set('Python', report.python);
  if (device === 'gpu') found.versions.set('GPU', report.device);
  for (const [network, parameters] of Object.entries(report.parameters))
    found.parameters.add(`${network} ${parameters}`);
  for (const [name, times] of Object.entries(report.milliseconds)) {
    found.rounds.at(-1)?.set(`${key} ${name}`, median(times));
    found.coresUsed.set(`${key} ${name}`, report.coresUsed[name] ?? NaN);
  }
  for (const [name, reason] of Object.entries(report.missing)) found.missing.set(`${key} ${name}`, reason);
}
