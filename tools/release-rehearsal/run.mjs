import { spawn } from 'node:child_process';

/** @typedef {{ cwd?: string, env?: NodeJS.ProcessEnv, timeoutMs?: number }} RunOptions */

/** On Windows npm is a script, which only a shell can start. */
const NEEDS_SHELL = process.platform === 'win32';

/**
 * Runs a program that must succeed.
 *
 * @param {string} program @param {readonly string[]} args @param {RunOptions} [options] `env` is laid over this process's own
 * @returns {Promise<string>} what it printed on standard output
 * @throws Error with the command and the end of what it printed
 */
export function run(program, args, { cwd = '.', env = {}, timeoutMs = 1_800_000 } = {}) {
  return new Promise((resolve, reject) => {
    let stdout = '';
    let all = '';
    const child = spawn(program, [...args], {
      cwd,
      env: { ...process.env, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      shell: NEEDS_SHELL,
    });
    child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      stdout += text;
      all += text;
    });
    child.stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      all += text;
    });
    const refuse = (/** @type {string} */ end) => {
      const command = [program, ...args].join(' ');
      const last = all.trimEnd().split('\n').slice(-25).join('\n');
      reject(new Error(`\`${command}\` in ${cwd} ended with ${end}\n${last}`));
    };
    child.on('error', (error) => refuse(error.message));
    child.on('close', (status, signal) => {
      if (status === 0) resolve(stdout);
      else refuse(signal === null ? `exit code ${status}` : `signal ${signal}`);
    });
  });
}
