import { spawn } from 'node:child_process';
import { clearTimeout, setTimeout } from 'node:timers';

/**
 * How a command ended. `missing`: there is no such program. `late`: it was killed because its time was up.
 *
 * @typedef {object} CommandResult
 * @property {boolean} missing
 * @property {boolean} late
 * @property {number | null} status exit status; null when a signal ended it or it never started
 * @property {NodeJS.Signals | null} signal
 * @property {string} stdout
 * @property {string} output stdout and stderr together
 */

/**
 * Runs a program to its end, without a shell, and reports how it went; it never rejects for what the program did.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ environment?: NodeJS.ProcessEnv, timeoutMs?: number }} [options] `environment` is laid over this
 *   process's own; past `timeoutMs` the program is killed
 * @returns {Promise<CommandResult>}
 */
export function runCommand(program, args, { environment = {}, timeoutMs = 3_600_000 } = {}) {
  return new Promise((resolve) => {
    let stdout = '';
    let output = '';
    let late = false;
    const child = spawn(program, args, {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const timer = setTimeout(() => {
      late = child.kill('SIGKILL');
    }, timeoutMs);
    child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      stdout += text;
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      output += text;
    });
    child.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
      clearTimeout(timer);
      const missing = error.code === 'ENOENT';
      resolve({ missing, late, status: null, signal: null, stdout, output: error.message });
    });
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      resolve({ missing: false, late, status, signal, stdout, output });
    });
  });
}

/**
 * The end of what a program printed, for an error message.
 *
 * @param {string} output
 * @param {number} [lines]
 */
export function lastLines(output, lines = 12) {
  return output.trimEnd().split('\n').slice(-lines).join('\n');
}

/**
 * One phrase for how a command failed: `exit status 1`, `signal SIGSEGV`, `no such program`.
 *
 * @param {CommandResult} result
 */
export function describeEnd(result) {
  if (result.missing) return 'no such program';
  if (result.late) return 'no end within its time';
  if (result.signal !== null) return `signal ${result.signal}`;
  return result.status === null ? result.output : `exit status ${result.status}`;
}
