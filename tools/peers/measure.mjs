import { median } from './rows.mjs';
import { runOurs, runTorch } from './sides.mjs';

const MIB = 2 ** 20;

/** @import { OurReport } from './sides.mjs' */
/** @import { PeerOptions } from './options.mjs' */

/**
 * What all measurements came to.
 *
 * @typedef {object} Measurements
 * @property {Map<string, number>[]} rounds per round the measurements by the keys that the rows name
 * @property {Map<string, string>} missing why the measurements whose keys begin so are not there
 * @property {Map<string, string>} versions
 * @property {Map<string, number>} coresUsed processor seconds per second, by key
 * @property {Set<string>} parameters `NETWORK NUMBER`, of both sides: one number per network, or they differ
 */

/**
 * Measures both sides by turns, round after round.
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
    if (parts.includes('node')) await nodeTurn(found, options, tell);
    if (parts.includes('node') || parts.includes('wasm')) await torchTurn(found, options, tell);
    // The cpu engine is slow and hardly varies, and a look at memory is a long run: once is enough.
    if (parts.includes('wasm')) await wasmTurn(found, options, tell, number === 1);
    if (parts.includes('memory') && number === 1) await memoryTurn(found, options, tell);
  }
  return found;
}

/** @typedef {(found: Measurements, options: PeerOptions, say: (what: string) => void) => Promise<void>} Turn */

/** @type {Turn} */
async function nodeTurn(found, options, say) {
  const nets = `--model resnet20 --teacher resnet56 --steps ${options.quick ? 8 : 20}`;
  await ours(found, options, say, 'node', `${nets} --methods student,kd,cckd`);
  await ours(found, options, say, 'node', `${nets} --methods kd --cached-views 2`, 'cached');
}

/** @param {Measurements} found @param {PeerOptions} options @param {(what: string) => void} say @param {boolean} withCpu */
async function wasmTurn(found, options, say, withCpu) {
  const student = '--model resnet20 --teacher resnet8 --methods student --warmup 0';
  await ours(found, options, say, 'wasm', `${student} --steps 4`);
  if (!withCpu) return;
  // The plain JavaScript engine takes about a second per image.
  const small = '--model resnet20 --teacher resnet8 --methods student --warmup 0 --batch 8';
  await ours(found, options, say, 'wasm', `${small} --steps 8`, 'small');
  await ours(found, options, say, 'cpu', `${small} --steps 1`, 'small');
}

/** @type {Turn} */
async function memoryTurn(found, options, say) {
  const nets = '--model resnet8 --teacher resnet8 --batch 16 --methods student,kd --steps 1';
  const steps = options.quick ? 200 : 1000;
  const report = await ours(found, options, say, 'node', `${nets} --memory-steps ${steps}`, 'small');
  const round = found.rounds.at(-1);
  for (const { method, early, end } of report?.memory ?? []) {
    round?.set(`node tensors ${method} early`, early.tensors).set(`node tensors ${method} end`, end.tensors);
    round?.set(`node MiB ${method} early`, early.rss / MIB);
    round?.set(`node MiB ${method} end`, end.rss / MIB);
  }
}

/**
 * Runs `distill-bench speed` and keeps the median step of each method under `ENGINE METHOD SUFFIX`.
 *
 * @param {Measurements} found
 * @param {PeerOptions} options
 * @param {(what: string) => void} say
 * @param {string} engine
 * @param {string} args
 * @param {string} [suffix]
 * @returns {Promise<OurReport | undefined>}
 */
async function ours(found, { bench, threads }, say, engine, args, suffix = '') {
  say(`engine ${engine}, ${args}`);
  const { report, missing } = await runOurs(bench, ['--engine', engine, ...args.split(' ')], threads);
  if (report === undefined) {
    found.missing.set(engine, missing);
    return undefined;
  }
  const { environment, student, teacher, methods } = report;
  found.versions.set('Node', environment.node).set(`engine ${engine}`, environment.engine.version);
  for (const { model, parameters } of [student, teacher]) found.parameters.add(`${model} ${parameters}`);
  for (const { method, stepMs, coresUsed } of methods) {
    const key = [engine, method, suffix].filter(Boolean).join(' ');
    found.rounds.at(-1)?.set(key, stepMs.median);
    found.coresUsed.set(key, coresUsed);
  }
  return report;
}

/** @type {Turn} */
async function torchTurn(found, { quick, threads, python }, say) {
  say('PyTorch');
  const { report, missing } = await runTorch(python, ['--steps', quick ? '6' : '12'], threads);
  if (report === undefined) {
    found.missing.set('torch', missing);
    return;
  }
  if (report.threads !== threads)
    throw new Error(`PyTorch took ${report.threads} threads instead of ${threads}`);
  found.versions.set('PyTorch', report.torch).set('Python', report.python);
  for (const [network, parameters] of Object.entries(report.parameters))
    found.parameters.add(`${network} ${parameters}`);
  for (const [name, times] of Object.entries(report.milliseconds)) {
    found.rounds.at(-1)?.set(`torch ${name}`, median(times));
    found.coresUsed.set(`torch ${name}`, report.coresUsed[name] ?? NaN);
  }
}
