import { BuildError } from './build-error.mjs';

/**
 * Which TensorFlow wheel this machine can load: the package on PyPI and the platform tags that pip may choose from.
 *
 * @typedef {object} WheelTarget
 * @property {string} distribution
 * @property {readonly string[]} platforms newest glibc first
 */

/** The libraries in a wheel do not link Python, so any Python version with wheels will do. */
export const WHEEL_PYTHON = '3.11';

// x86-64 has a wheel without CUDA, half the size; on arm64 the plain one has no CUDA anyway.
/** @type {Readonly<Record<string, { distribution: string, machine: string }>>} */
const BY_ARCHITECTURE = {
  x64: { distribution: 'tensorflow-cpu', machine: 'x86_64' },
  arm64: { distribution: 'tensorflow', machine: 'aarch64' },
};

/** manylinux2014, the oldest tag of TensorFlow wheels that carry `libtensorflow_cc`. */
const OLDEST_GLIBC_MINOR = 17;

/**
 * The wheel for a machine: every `manylinux_2_N` tag from its own glibc down to 2.17 (PEP 600), because pip takes
 * `--platform` literally and implies no older tag.
 *
 * @param {{ platform: string, architecture: string, glibc: string | undefined }} machine as `process.platform`,
 *   `process.arch` and the version of the running C library, undefined where it is not glibc
 * @returns {WheelTarget}
 * @throws {BuildError} where TensorFlow publishes no wheel that this machine can load
 */
export function wheelTarget({ platform, architecture, glibc }) {
  const known = BY_ARCHITECTURE[architecture];
  if (platform !== 'linux' || known === undefined) {
    throw new BuildError({
      where: 'fetch TensorFlow',
      expected: `Linux on ${Object.keys(BY_ARCHITECTURE).join(' or ')}`,
      got: `${platform} on ${architecture}`,
      hint: 'Use another engine (wasm needs no building).',
    });
  }
  const minor = glibcMinor(glibc);
  if (minor === undefined || minor < OLDEST_GLIBC_MINOR) {
    throw new BuildError({
      where: 'fetch TensorFlow',
      expected: `glibc 2.${OLDEST_GLIBC_MINOR} or newer, for which TensorFlow wheels are made`,
      got: glibc === undefined ? 'a C library that is not glibc (Alpine has musl)' : `glibc ${glibc}`,
      hint: 'Use a glibc distribution such as Debian, or name a TensorFlow built for this one with --tensorflow.',
    });
  }
  const platforms = [];
  for (let n = minor; n >= OLDEST_GLIBC_MINOR; n -= 1) platforms.push(`manylinux_2_${n}_${known.machine}`);
  platforms.push(`manylinux2014_${known.machine}`);
  return { distribution: known.distribution, platforms };
}

/** @param {string | undefined} version */
function glibcMinor(version) {
  const match = /^2\.(\d+)/.exec(version ?? '');
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

/** The glibc that this process runs on, e.g. `2.36`; undefined elsewhere (musl, macOS, Windows). */
export function runningGlibc() {
  const report = /** @type {{ header?: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  return report.header?.glibcVersionRuntime;
}
