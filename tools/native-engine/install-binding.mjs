import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

/**
 * An installed binding, which can be kept or rolled back.
 *
 * @typedef {object} Installation
 * @property {() => void} restore puts back what was there before: the former binding, or nothing
 * @property {(replaceable: (file: string) => boolean) => string | undefined} keep keeps the new binding; the former
 *   one stays beside it, under the path returned, unless `replaceable` says that it can be had again
 */

/**
 * Puts `binding` at `target` by renaming, so that a process that uses the former one is not disturbed.
 *
 * The former binding stays beside it, under a name made from its content, until the caller decides; after an interruption it is still
 * there.
 *
 * @param {string} binding
 * @param {string} target
 * @returns {Installation}
 */
export function installBinding(binding, target) {
  fs.mkdirSync(path.dirname(target), { recursive: true });
  const former = fs.existsSync(target) ? formerName(target) : undefined;
  // A copy, so that at no moment there is no binding at `target`.
  if (former !== undefined) fs.copyFileSync(target, former);
  const arriving = `${target}.${process.pid}`;
  fs.copyFileSync(binding, arriving);
  fs.renameSync(arriving, target);
  return {
    restore() {
      if (former === undefined) fs.rmSync(target, { force: true });
      else fs.renameSync(former, target);
    },
    keep(replaceable) {
      if (former === undefined) return undefined;
      const same = fs.readFileSync(former).equals(fs.readFileSync(target));
      if (!same && !replaceable(former)) return former;
      fs.rmSync(former);
      return undefined;
    },
  };
}

/** @param {string} target */
function formerName(target) {
  const hash = createHash('sha256').update(fs.readFileSync(target)).digest('hex').slice(0, 12);
  return `${target}.previous-${hash}`;
}
