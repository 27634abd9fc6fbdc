import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { BuildError } from './build-error.mjs';
import { cacheParts } from './cache-folder.mjs';
import { missingFromTensorFlow, readTensorFlow } from './find-tensorflow.mjs';
import { formatBytes, startClock } from './report.mjs';
import { describeEnd, lastLines, runCommand } from './run-command.mjs';
import { WHEEL_PYTHON } from './wheel-target.mjs';

/** The TensorFlow that is fetched unless another is asked for: the newest that the binding was tried with. */
export const DEFAULT_TENSORFLOW_VERSION = '2.21.0';

const UNPACK = fileURLToPath(new URL('./unpack_wheel.py', import.meta.url));

/**
 * Where the wheel of a version is unpacked; holds `tensorflow/` and its package metadata, as `site-packages` would.
 *
 * @param {string} cache
 * @param {import('./wheel-target.mjs').WheelTarget} target
 * @param {string} version
 */
export function unpackedWheelFolder(cache, target, version) {
  const machine = target.platforms[0]?.replace(/^manylinux_\d+_\d+_/, '') ?? '';
  return path.join(cacheParts(cache).tensorflow, `${target.distribution}-${version}-${machine}`);
}

/**
 * The TensorFlow of a wheel fetched earlier, if its version is in the cache.
 *
 * @param {string} unpacked as by {@link unpackedWheelFolder}
 */
export function readFetchedTensorFlow(unpacked) {
  const folder = path.join(unpacked, 'tensorflow');
  return missingFromTensorFlow(folder).length === 0 ? readTensorFlow(folder) : undefined;
}

/**
 * Fetches a TensorFlow wheel with pip, unpacks what the binding needs into the cache and drops the wheel.
 *
 * pip checks the wheel against the hash that its index states. An interrupted fetch leaves nothing that a later one
 * would take for whole: the folder gets its name when everything is in it.
 *
 * @param {{ cache: string, target: import('./wheel-target.mjs').WheelTarget, version: string,
 *   report: import('./report.mjs').Report }} request
 * @returns {Promise<import('./find-tensorflow.mjs').TensorFlow>}
 * @throws {BuildError} where pip is absent, has no such wheel, or the wheel lacks the libraries
 */
export async function fetchTensorFlow({ cache, target, version, report }) {
  await requirePip();
  const unpacked = unpackedWheelFolder(cache, target, version);
  const downloads = path.join(cacheParts(cache).unfinished, `tensorflow-${process.pid}`);
  fs.mkdirSync(downloads, { recursive: true });
  try {
    const wheel = await downloadWheel({ downloads, target, version, report });
    await unpackWheel(wheel, path.join(downloads, 'unpacked'), report);
    fs.mkdirSync(path.dirname(unpacked), { recursive: true });
    fs.rmSync(unpacked, { recursive: true, force: true });
    fs.renameSync(path.join(downloads, 'unpacked'), unpacked);
  } finally {
    fs.rmSync(downloads, { recursive: true, force: true });
  }
  return readTensorFlow(path.join(unpacked, 'tensorflow'));
}

async function requirePip() {
  const asked = await runCommand('python3', ['-m', 'pip', '--version']);
  if (asked.status === 0) return;
  throw new BuildError({
    where: 'fetch TensorFlow',
    expected: 'python3 with pip, which fetches the wheel',
    got: asked.missing ? 'no python3' : 'no pip',
    hint: 'Install them (Debian and Ubuntu: apt install python3-pip), or name a TensorFlow with --tensorflow.',
  });
}

/**
 * @param {{ downloads: string, target: import('./wheel-target.mjs').WheelTarget, version: string,
 *   report: import('./report.mjs').Report }} request
 */
async function downloadWheel({ downloads, target, version, report }) {
  const requirement = `${target.distribution}==${version}`;
  report.fact(`fetching ${requirement} with pip (some 250 MB)`);
  const clock = startClock();
  const platforms = target.platforms.flatMap((platform) => ['--platform', platform]);
  const fixed = ['--quiet', '--no-deps', '--only-binary=:all:', '--python-version', WHEEL_PYTHON];
  const args = ['-m', 'pip', 'download', ...fixed, ...platforms, '--dest', downloads, requirement];
  const fetched = await runCommand('python3', args);
  const name = fs.readdirSync(downloads).find((file) => file.endsWith('.whl'));
  if (fetched.status !== 0 || name === undefined) {
    throw new BuildError({
      where: `pip download ${requirement}`,
      expected: `a wheel for Python ${WHEEL_PYTHON} on ${target.platforms[0] ?? ''} or older`,
      got: describeEnd(fetched),
      hint: 'Choose a version that exists with --tensorflow-version, or name a TensorFlow with --tensorflow.',
      output: lastLines(fetched.output),
    });
  }
  const wheel = path.join(downloads, name);
  report.fact(`${name}: ${formatBytes(fs.statSync(wheel).size)} in ${clock()}`);
  return wheel;
}

/** @param {string} wheel @param {string} folder @param {import('./report.mjs').Report} report */
async function unpackWheel(wheel, folder, report) {
  const clock = startClock();
  const result = await runCommand('python3', [UNPACK, wheel, folder]);
  const missing = missingFromTensorFlow(path.join(folder, 'tensorflow'));
  if (result.status !== 0 || missing.length > 0) {
    throw new BuildError({
      where: `unpack ${path.basename(wheel)}`,
      expected: 'the TensorFlow libraries and their C headers',
      got: result.status === 0 ? `no ${missing.join(', ')}` : describeEnd(result),
      hint:
        result.status === 0
          ? 'Choose TensorFlow 2.12 or newer with --tensorflow-version.'
          : 'See that the cache folder can be written and has 1.5 GB free, or choose another with --cache.',
      output: lastLines(result.output),
    });
  }
  report.fact(`unpacked libraries and headers: ${formatBytes(folderBytes(folder))} in ${clock()}`);
}

/** @param {string} folder */
function folderBytes(folder) {
  let bytes = 0;
  for (const entry of fs.readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) bytes += fs.statSync(path.join(entry.parentPath, entry.name)).size;
  }
  return bytes;
}
