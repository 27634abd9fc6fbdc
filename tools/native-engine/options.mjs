import { Command, Option } from 'commander';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultCacheFolder } from './cache-folder.mjs';
import { DEFAULT_TENSORFLOW_VERSION } from './fetch-tensorflow.mjs';

/**
 * Options of the builder; see `--help` for each.
 *
 * @typedef {object} BuildOptions
 * @property {'tfjs-node' | 'tfjs-node-gpu'} package
 * @property {string} [tensorflow]
 * @property {string} [tensorflowVersion]
 * @property {string} [tensorflowSha256]
 * @property {string} cache
 * @property {string} project
 * @property {boolean} force
 * @property {boolean} check
 */

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The command line of the builder, whose parsed values are {@link BuildOptions}.
 *
 * @param {NodeJS.ProcessEnv} environment
 */
export function createCommand(environment) {
  return new Command('engine:native')
    .description(
      'Compile the binding of tfjs-node against a modern TensorFlow, so that the `node` engine runs.',
    )
    .allowExcessArguments(false)
    .addOption(
      new Option('--package <name>', 'which package gets the binding')
        .choices(['tfjs-node', 'tfjs-node-gpu'])
        .default('tfjs-node'),
    )
    .addOption(
      new Option(
        '--tensorflow <folder>',
        'the TensorFlow to compile against: a folder with libtensorflow_cc.so.2, libtensorflow_framework.so.2 and ' +
          'include/, such as site-packages/tensorflow (default: that of python3, else one fetched with pip)',
      ).conflicts('tensorflowVersion'),
    )
    .option(
      '--tensorflow-version <version>',
      `the version to take from python3 or to fetch (default when fetching: ${DEFAULT_TENSORFLOW_VERSION})`,
    )
    .option(
      '--tensorflow-sha256 <digits>',
      `the SHA-256 that the wheel of another version than ${DEFAULT_TENSORFLOW_VERSION} must have to be fetched`,
    )
    .option('--cache <folder>', 'keeps what is fetched and built', resolved, defaultCacheFolder(environment))
    .option(
      '--project <folder>',
      'the project whose node_modules holds the package',
      resolved,
      path.resolve(REPOSITORY),
    )
    .option('--force', 'compile anew, and replace a binding that works', false)
    .option('--check', 'only say what is there; exit status 0 if the engine works', false);
}

/** @param {string} folder */
function resolved(folder) {
  return path.resolve(folder);
}

/**
 * @param {readonly string[]} args without `node` and the script
 * @param {NodeJS.ProcessEnv} environment
 * @returns {BuildOptions}
 */
export function parseOptions(args, environment) {
  return createCommand(environment)
    .parse([...args], { from: 'user' })
    .opts();
}
