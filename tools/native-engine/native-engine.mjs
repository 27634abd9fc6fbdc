import fs from 'node:fs';
import { cachedKeys } from './binding-cache.mjs';
import { BuildError } from './build-error.mjs';
import { removeAbandoned } from './cache-folder.mjs';
import { chooseTensorFlow, tensorflowAtHand } from './choose-tensorflow.mjs';
import { findCompiler } from './compile.mjs';
import { findNodeHeaders } from './find-node-headers.mjs';
import { findBindingPackage } from './find-package.mjs';
import { provideBinding } from './provide-binding.mjs';
import { startClock } from './report.mjs';
import { describeTraining, verifyTraining } from './verify.mjs';

/** @typedef {import('./options.mjs').BuildOptions} BuildOptions */
/** @typedef {import('./report.mjs').Report} Report */
/** @typedef {import('./find-package.mjs').BindingPackage} BindingPackage */

/**
 * Gives a project the `node` engine: finds or fetches a TensorFlow, compiles the binding against it (or takes it from
 * the cache), puts it in place and trains a small net on it.
 *
 * A binding in place that works is left alone unless `force` is set. If the new one does not work, what was there
 * before is put back.
 *
 * @param {BuildOptions} options
 * @param {Report} report
 * @throws {BuildError}
 */
export async function buildNativeEngine(options, report) {
  requireLinux();
  const clock = startClock();
  const bindingPackage = findBindingPackage(options.project, options.package);
  const works = await reportBinding(bindingPackage, report);
  if (works && !options.force) {
    report.fact('left alone (--force compiles anew and replaces it)');
    return;
  }
  removeAbandoned(options.cache);
  report.step('TensorFlow to compile against');
  const tensorflow = await chooseTensorFlow(options, report);
  reportTensorFlow(tensorflow, report);
  report.step('Headers of Node and C++ compiler');
  const nodeHeaders = await findNodeHeaders(options.cache, report);
  const compiler = await findCompiler(process.env);
  report.fact(nodeHeaders);
  report.fact(compiler.version);
  await provideBinding({ bindingPackage, nodeHeaders, tensorflow, compiler }, options, report);
  report.step(`Done in ${clock()}`);
}

/**
 * Reports the state of binding, TensorFlow, headers, compiler and cache. Fetches, builds and changes nothing.
 *
 * @param {BuildOptions} options
 * @param {Report} report
 * @returns {Promise<boolean>} whether the binding in place works
 */
export async function checkNativeEngine(options, report) {
  requireLinux();
  const works = await reportBinding(findBindingPackage(options.project, options.package), report);
  report.step('TensorFlow at hand');
  const tensorflow = await tensorflowAtHand(options, report);
  if (tensorflow === undefined) report.fact('none: one would have to be fetched or named');
  else reportTensorFlow(tensorflow, report);
  report.step('C++ compiler');
  report.fact(
    await findCompiler(process.env).then(
      ({ version }) => version,
      (/** @type {Error} */ error) => error.message,
    ),
  );
  report.step(`Bindings in ${options.cache}`);
  const keys = cachedKeys(options.cache);
  report.fact(keys.length === 0 ? 'none' : keys.join('\n'));
  return works;
}

function requireLinux() {
  if (process.platform === 'linux') return;
  throw new BuildError({
    where: 'native engine',
    expected: 'Linux',
    got: process.platform,
    hint: 'Use another engine (wasm needs no building), or the binding that the package itself installs.',
  });
}

/**
 * @param {BindingPackage} bindingPackage
 * @param {Report} report
 * @returns {Promise<boolean>} whether the binding in place works
 */
async function reportBinding({ name, version, folder, binding }, report) {
  report.step(
    `Binding of ${name} ${version} for Node ${process.versions.node} on ${process.platform}-${process.arch}`,
  );
  if (!fs.existsSync(binding)) {
    report.fact(`none at ${binding}`);
    return false;
  }
  report.fact(binding);
  const verified = await verifyTraining(folder);
  report.fact(
    'trained' in verified ? describeTraining(verified.trained, name) : `does not work: ${verified.problem}`,
  );
  // A name that the latest kernels read, which earlier versions lacked.
  if (process.arch === 'x64' && !fs.readFileSync(binding).includes('ONEDNN_MAX_CPU_ISA'))
    report.fact('without the latest convolutions by Winograd, which --force compiles into it');
  return 'trained' in verified;
}

/** @param {import('./find-tensorflow.mjs').TensorFlow} tensorflow @param {Report} report */
function reportTensorFlow(tensorflow, report) {
  report.fact(`TensorFlow ${tensorflow.version ?? '(version not stated)'} in ${tensorflow.folder}`);
}
