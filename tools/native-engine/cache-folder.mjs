import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/**
 * The folder that keeps what was fetched and built: `$XDG_CACHE_HOME/distilljs`, else `~/.cache/distilljs`.
 *
 * A relative `XDG_CACHE_HOME` is ignored, as the XDG Base Directory Specification asks.
 *
 * @param {NodeJS.ProcessEnv} environment
 * @param {string} [home]
 */
export function defaultCacheFolder(environment, home = os.homedir()) {
  const xdg = environment['XDG_CACHE_HOME'];
  const base = xdg !== undefined && path.isAbsolute(xdg) ? xdg : path.join(home, '.cache');
  return path.join(base, 'distilljs');
}

/**
 * The cache's parts: unpacked TensorFlow wheels, compiled bindings, Node-API headers, and what is being made.
 *
 * @param {string} cache
 */
export function cacheParts(cache) {
  return {
    tensorflow: path.join(cache, 'tensorflow'),
    bindings: path.join(cache, 'bindings'),
    headers: path.join(cache, 'headers'),
    unfinished: path.join(cache, 'unfinished'),
  };
}

/**
 * Removes what interrupted builders left half-made in the cache: folders named after a process that is gone.
 *
 * @param {string} cache
 */
export function removeAbandoned(cache) {
  const { unfinished } = cacheParts(cache);
  if (!fs.existsSync(unfinished)) return;
  for (const name of fs.readdirSync(unfinished)) {
    const owner = Number(/-(\d+)$/.exec(name)?.[1]);
    if (!isRunning(owner)) fs.rmSync(path.join(unfinished, name), { recursive: true, force: true });
  }
}

/** @param {number} pid */
function isRunning(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, as another user.
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
