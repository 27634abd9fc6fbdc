import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { BuildError } from './build-error.mjs';
import { cacheParts } from './cache-folder.mjs';
import { missingFromTensorFlow, readTensorFlow } from './find-tensorflow.mjs';
import { formatBytes, startClock } from './report.mjs';
import { describeEnd, lastLines, runCommand } from './run-command.mjs';
import { WHEEL_PYTHON } from './wheel-target.mjs';

/** The default TensorFlow version to fetch: the newest that the binding was tested with. */
export const DEFAULT_TENSORFLOW_VERSION = '2.21.0';

/**
 * SHA-256 of the wheels of {@link DEFAULT_TENSORFLOW_VERSION}, by {@link wheelName}. They reveal an index, mirror or
 * proxy that serves another file.
 *
 * @type {Readonly<Record<string, string>>}
 */
const WHEEL_SHA256 = {
  'tensorflow-cpu-2.21.0-x86_64': '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
  'tensorflow-2.21.0-aarch64': '4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c',
};

const UNPACK = fileURLToPath(new URL('./unpack_wheel.py', import.meta.url));

/**
 * Where the wheel of a version is unpacked; holds `tensorflow/` and its package metadata, as `site-packages` would.
 *
 * @param {string} cache
 * @param {import('./wheel-target.mjs').WheelTarget} target
 * @param {string} version
 */
export function unpackedWheelFolder(cache, target, version) {
  return path.join(cacheParts(cache).tensorflow, wheelName(target, version));
}

/** @param {import('./wheel-target.mjs').WheelTarget} target @param {string} version */
function wheelName(target, version) {
  const machine = target.platforms[0]?.replace(/^manylinux_\d+_\d+_/, '') ?? '';
  return `${target.distribution}-${version}-${machine}`;
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
 * The wheel is checked against a fixed SHA-256: that of {@link WHEEL_SHA256}, or for another version the one that the user names. An
 * interrupted fetch is never taken for complete: the folder is renamed only when everything is in it.
 *
 * @param {{ cache: string, target: import('./wheel-target.mjs').WheelTarget, version: string, sha256: string | undefined,
 *   report: import('./report.mjs').Report }} request
 * @returns {Promise<import('./find-tensorflow.mjs').TensorFlow>}
 * @throws {BuildError} where pip is absent, has no such wheel, or the wheel is another or lacks the libraries
 */
export async function fetchTensorFlow({ cache, target, version, sha256, report }) {
  const wanted = wheelSha256(target, version, sha256);
  await requirePip();
  const unpacked = unpackedWheelFolder(cache, target, version);
  const downloads = path.join(cacheParts(cache).unfinished, `tensorflow-${process.pid}`);
  fs.mkdirSync(downloads, { recursive: true });
  try {
    const wheel = await downloadWheel({ downloads, target, version, report });
    await expectSha256(wheel, wanted);
    await unpackWheel(wheel, path.join(downloads, 'unpacked'), report);
    fs.mkdirSync(path.dirname(unpacked), { recursive: true });
    fs.rmSync(unpacked, { recursive: true, force: true });
    fs.renameSync(path.join(downloads, 'unpacked'), unpacked);
  } finally {
    fs.rmSync(downloads, { recursive: true, force: true });
  }
  return readTensorFlow(path.join(unpacked, 'tensorflow'));
}

/**
 * The SHA-256 that the wheel of a version must have.
 *
 * @param {import('./wheel-target.mjs').WheelTarget} target
 * @param {string} version
 * @param {string | undefined} named by the user
 * @throws {BuildError} where none is known
 */
export function wheelSha256(target, version, named) {
  const known = named ?? WHEEL_SHA256[wheelName(target, version)];
  if (known !== undefined && /^[0-9a-f]{64}$/i.test(known)) return known.toLowerCase();
  throw new BuildError({
    where: `fetch ${target.distribution}==${version}`,
    expected: 'the SHA-256 that its wheel must have, 64 hexadecimal digits',
    got: named === undefined ? 'none that is known here' : `'${named}'`,
    hint: `Name it with --tensorflow-sha256 (PyPI lists it beside the wheel), or fetch ${DEFAULT_TENSORFLOW_VERSION}, whose is known.`,
  });
}

/**
 * @param {string} wheel
 * @param {string} wanted
 * @throws {BuildError} where the file is another
 */
export async function expectSha256(wheel, wanted) {
  const hash = createHash('sha256');
  for await (const chunk of fs.createReadStream(wheel)) hash.update(/** @type {Buffer} */ (chunk));
  const found = hash.digest('hex');
  if (found === wanted) return;
  throw new BuildError({
    where: path.basename(wheel),
    expected: `a file with SHA-256 ${wanted}`,
    got: `one with ${found}`,
    hint: "Look where pip takes its packages from (pip config list): the file is not TensorFlow's, or was damaged on its way.",
  });
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
