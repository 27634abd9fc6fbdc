#!/usr/bin/env node
import { fork, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statfsSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { buildBench } from '../peers/sides.mjs';

/**
 * The cost of training on a large set of photographs: resident memory, and the step time compared with images in memory.
 *
 * @typedef {object} Options
 * @property {string} dir
 * @property {number} images
 * @property {number} edge
 * @property {number} memoryImages
 * @property {number} steps
 * @property {number} rounds
 * @property {number} batch
 * @property {string} model
 * @property {string} engine
 * @property {boolean} cold
 *
 * @typedef {{ times: number[], cpu: number, rss: number, peak: number }} Turn `cpu`: milliseconds of all processors per step
 */

const CLASSES = 10;
const MIB = 2 ** 20;

/** @param {string} text */
const whole = (text) => Math.max(1, Math.round(Number(text)));

/** @type {Options} */
const options = new Command('speed:images')
  .description(
    'Makes a large set of JPEGs, decodes it once, and trains on it and on images in memory by turns.',
  )
  .requiredOption('--dir <folder>', 'where the JPEGs and the decoded images go, and stay')
  .option('--images <number>', 'photographs in all', whole, 60_000)
  .option('--edge <pixels>', 'height and width', whole, 224)
  .option('--memory-images <number>', 'the part of them that the other side holds in memory', whole, 3000)
  .option('--steps <number>', 'timed steps of each side', whole, 300)
  .option('--rounds <number>', 'turns that they are divided into', whole, 10)
  .option('--batch <number>', 'images per step', whole, 32)
  .option('--model <name>', 'a network of the zoo', 'shufflenetv2-0.5')
  .option('--engine <name>', 'engine', 'node')
  .option('--cold', 'the disk, not the cache of the system, is read in every turn', false)
  .parse()
  .opts();

await buildBench();
const dir = resolve(options.dir);
expectSpace();
await makePhotographs();
const decoding = await start('decode');
await decoding.end();
const sides = { 'read from disk': await start('read'), 'in memory': await start('memory') };
/** @type {Record<string, Turn[]>} */
const turns = { 'read from disk': [], 'in memory': [] };
const perTurn = Math.ceil(options.steps / options.rounds);
/** @type {number[]} */
const loads = [];
// The first turn is a warm-up: it compiles graphs and fills buffers.
for (let round = -1; round < options.rounds; round++) {
  loads.push(loadavg()[0] ?? NaN);
  for (const [name, side] of Object.entries(sides)) {
    if (options.cold) evict();
    const turn = await side.turn(round < 0 ? 5 : perTurn);
    if (round >= 0) turns[name]?.push(turn);
  }
}
const ends = Object.fromEntries(
  await Promise.all(Object.entries(sides).map(async ([name, side]) => [name, await side.end()])),
);
report();

/** Checks the disk space for decoded images and JPEGs of at most 16 KB. */
function expectSpace() {
  mkdirSync(dir, { recursive: true });
  const isMade = existsSync(join(dir, 'cache'));
  const { bavail, bsize } = statfsSync(dir);
  const needed = options.images * (3 * options.edge ** 2 + 16_384);
  if (isMade || bavail * bsize > needed) return;
  const gib = (/** @type {number} */ bytes) => (bytes / 2 ** 30).toFixed(1);
  console.error(`${dir}: expected ${gib(needed)} GiB of free space, got ${gib(bavail * bsize)}.`);
  process.exit(1);
}

/** Makes different images of smooth noise. */
async function makePhotographs() {
  const { default: sharp } = await import('sharp');
  const random = lcg(1);
  for (let name = 0; name < CLASSES; name++) {
    const folder = join(dir, 'photos', `class-${name}`);
    mkdirSync(folder, { recursive: true });
    const there = new Set(readdirSync(folder));
    for (let at = name; at < options.images; at += CLASSES) {
      const coarse = Uint8Array.from({ length: 8 * 8 * 3 }, () => random() * (name + 3));
      if (there.has(`${at}.jpg`)) continue;
      const jpeg = await sharp(coarse, { raw: { width: 8, height: 8, channels: 3 } })
        .resize(options.edge, options.edge, { kernel: 'cubic' })
        .jpeg({ quality: 80 })
        .toBuffer();
      writeFileSync(join(folder, `${at}.jpg`), jpeg);
    }
  }
}

/** @param {number} seed @returns {() => number} whole numbers below 20 */
function lcg(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 16) % 20;
  };
}

/**
 * One side, in a separate process, so that its memory is measured alone.
 *
 * @param {'decode' | 'read' | 'memory'} role
 */
async function start(role) {
  const child = fork(fileURLToPath(new URL('side.mjs', import.meta.url)), [], {
    env: { ...process.env, LARGE_SET: JSON.stringify({ ...options, dir, role }) },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const next = () =>
    new Promise((resolve, reject) => {
      /** @param {number | null} code */
      const ended = (code) => {
        reject(new Error(`The side '${role}' ended with code ${String(code)}.`));
      };
      child.once('exit', ended);
      child.once('message', (message) => {
        child.off('exit', ended);
        resolve(message);
      });
    });
  await next();
  /** @param {object} message */
  const ask = async (message) => {
    const answer = next();
    child.send(message);
    return answer;
  };
  return {
    /** @param {number} steps @returns {Promise<Turn>} */
    turn: (steps) => ask({ steps }),
    /** @returns {Promise<{ peak: number, seconds: Record<string, number> }>} */
    async end() {
      const last = await ask({ end: true });
      child.disconnect();
      return last;
    },
  };
}

/** Evicts the decoded images from the system's page cache. */
function evict() {
  for (const folder of readdirSync(join(dir, 'cache'))) {
    for (const name of readdirSync(join(dir, 'cache', folder))) {
      const file = join(dir, 'cache', folder, name);
      spawnSync('dd', [`if=${file}`, 'iflag=nocache', 'count=0'], { stdio: 'ignore' });
    }
  }
}

function report() {
  const { images, edge, batch, model, engine, memoryImages, rounds, cold } = options;
  const median = (/** @type {number[]} */ values) => {
    const sorted = [...values].sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    return sorted.length % 2 === 1 ? sorted[middle] : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
  };
  console.log(
    `${images} images of ${edge}×${edge}, ${model}, batch ${batch}, engine ${engine}, ${rounds} turns of ${perTurn} steps` +
      `${cold ? ', disk cold in every turn' : ''}; in memory: ${memoryImages} of them`,
  );
  for (const [name, own] of Object.entries(turns)) {
    const steps = own.flatMap(({ times }) => times);
    const { peak, seconds } = ends[name];
    const said = Object.entries(seconds).map(([what, value]) => `${what} ${value.toFixed(1)} s`);
    console.log(
      `${name}: median step ${median(steps)?.toFixed(1)} ms, mean ${(steps.reduce((a, b) => a + b, 0) / steps.length).toFixed(1)} ms; ` +
        `resident ${Math.max(...own.map(({ rss }) => rss / MIB)).toFixed(0)} MiB in training, ${(peak / MIB).toFixed(0)} MiB at most ` +
        `(with validation); ${said.join(', ')}`,
    );
  }
  const [read = [], memory = []] = Object.values(turns);
  const cpu = [read, memory].map((own) => median(own.map((turn) => turn.cpu)) ?? 0);
  console.log(
    `processor time per step: ${cpu.map((value) => value.toFixed(0)).join(' and ')} ms, ratio ${((cpu[0] ?? 0) / (cpu[1] ?? 0)).toFixed(3)}`,
  );
  const ratios = read.map(({ times }, at) => (median(times) ?? 0) / (median(memory[at]?.times ?? []) ?? 0));
  console.log(
    `ratio, median over turns: ${median(ratios)?.toFixed(3)} (${ratios.map((r) => r.toFixed(2)).join(' ')})`,
  );
  console.log(`load of the machine before each turn: ${loads.map((load) => load.toFixed(1)).join(' ')}`);
}
