import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import process from 'node:process';

/*
 * Loaded before the bench (`node --import`): counts its changes of files within FAULTS_ROOT, and kills the process at change
 * FAULTS_AT: before it (`before`), or in the middle, of which only a write has one (`half`). FAULTS_COUNT names a file that the number
 * of changes goes to.
 */

const { FAULTS_ROOT: root = '', FAULTS_AT: at, FAULTS_MOMENT: moment, FAULTS_COUNT: count } = process.env;

let changes = 0;

/** @returns whether this is the change to die at */
function isLast(args) {
  const isWithin =
    typeof args[0] === 'number' || args.some((arg) => typeof arg === 'string' && arg.startsWith(root));
  if (isWithin) changes += 1;
  return isWithin && String(changes) === at;
}

function die() {
  process.kill(process.pid, 'SIGKILL');
  // The signal comes in its own time.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

/** The first half of what a write was given. */
const halfOf = (data) =>
  typeof data === 'string'
    ? data.slice(0, data.length >> 1)
    : new Uint8Array(data.buffer, data.byteOffset, data.byteLength >> 1);

const WRITES = ['writeFile', 'appendFile'];
for (const name of [...WRITES, 'rename', 'mkdir', 'rm', 'rmdir', 'unlink', 'link', 'copyFile', 'cp']) {
  const real = fs.promises[name];
  fs.promises[name] = async function (...args) {
    if (isLast(args)) {
      if (moment === 'half' && WRITES.includes(name)) await real(args[0], halfOf(args[1]), args[2]);
      die();
    }
    return await real(...args);
  };
}
for (const name of [
  'writeFileSync',
  'appendFileSync',
  'writeSync',
  'renameSync',
  'mkdirSync',
  'rmSync',
  'unlinkSync',
]) {
  const real = fs[name];
  fs[name] = function (...args) {
    if (isLast(args)) {
      if (moment === 'half' && name === 'writeSync') real(args[0], args[1], args[2], args[3] >> 1, args[4]);
      else if (moment === 'half' && name.endsWith('FileSync')) real(args[0], halfOf(args[1]), args[2]);
      die();
    }
    return real(...args);
  };
}
syncBuiltinESMExports();

if (count !== undefined) {
  const write = fs.writeFileSync;
  process.on('exit', () => write(count, String(changes)));
}
