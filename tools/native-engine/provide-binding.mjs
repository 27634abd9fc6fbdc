import fs from 'node:fs';
import path from 'node:path';
import { bindingInputs, bindingKey, cachedBinding, isCachedBinding, keepBinding } from './binding-cache.mjs';
import { BuildError } from './build-error.mjs';
import { cacheParts } from './cache-folder.mjs';
import { compileBinding } from './compile.mjs';
import { installBinding } from './install-binding.mjs';
import { formatBytes, startClock } from './report.mjs';
import { describeTraining, verifyTraining } from './verify.mjs';

/** @typedef {import('./options.mjs').BuildOptions} BuildOptions */
/** @typedef {import('./report.mjs').Report} Report */
/** @typedef {import('./find-package.mjs').BindingPackage} BindingPackage */

/**
 * Takes the binding from the cache or compiles it, and puts it in place if it works.
 *
 * @param {Parameters<typeof bindingInputs>[0]} build
 * @param {BuildOptions} options
 * @param {Report} report
 * @throws {BuildError} where it does not compile, or does not work once compiled
 */
export async function provideBinding(build, options, report) {
  const inputs = bindingInputs(build);
  const kept = cachedBinding(options.cache, bindingKey(inputs));
  if (fs.existsSync(kept) && !options.force) {
    report.step('Binding compiled earlier');
    report.fact(path.dirname(kept));
    const problem = await tryBinding(kept, build.bindingPackage, options.cache, report);
    if (problem === undefined) return;
    report.fact(`compiling it again, because it does not work: ${problem}`);
  }
  report.step('Compile');
  const clock = startClock();
  const fresh = path.join(
    cacheParts(options.cache).unfinished,
    `binding-${process.pid}`,
    'tfjs_binding.node',
  );
  try {
    await compileBinding({ ...build, target: fresh });
    report.fact(`${formatBytes(fs.statSync(fresh).size)} in ${clock()}`);
    report.step('Put in place and train a small net on it');
    const problem = await tryBinding(fresh, build.bindingPackage, options.cache, report);
    if (problem !== undefined) throw doesNotTrain(build.tensorflow.folder, problem);
    keepBinding(fresh, kept, inputs);
    report.fact(`kept in ${path.dirname(kept)}`);
  } finally {
    fs.rmSync(path.dirname(fresh), { recursive: true, force: true });
  }
}

/** @param {string} tensorflowFolder @param {string} problem */
function doesNotTrain(tensorflowFolder, problem) {
  return new BuildError({
    where: `the binding compiled against ${tensorflowFolder}`,
    expected: 'a small net to train on it',
    got: 'a failure (what was there before is put back)',
    hint: 'Try another TensorFlow (--tensorflow-version or --tensorflow).',
    output: problem,
  });
}

/**
 * Puts a binding in place, and restores the former one if it does not work.
 *
 * @param {string} binding
 * @param {BindingPackage} bindingPackage
 * @param {string} cache
 * @param {Report} report
 * @returns {Promise<string | undefined>} the problem, if it does not work
 */
async function tryBinding(binding, bindingPackage, cache, report) {
  const installation = installBinding(binding, bindingPackage.binding);
  const verified = await verifyTraining(bindingPackage.folder);
  if ('problem' in verified) {
    installation.restore();
    return verified.problem;
  }
  report.fact(bindingPackage.binding);
  report.fact(describeTraining(verified.trained, bindingPackage.name));
  const former = installation.keep((file) => isCachedBinding(cache, file));
  if (former !== undefined) report.fact(`the former binding is kept at ${former}`);
  return undefined;
}
