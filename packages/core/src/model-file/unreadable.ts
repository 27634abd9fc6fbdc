import { describeValue, DistillError, isDistillError, shownText } from '../error/index.js';
import { firstLine } from '../error/first-line.js';
import type { Problem } from './check-wiring.js';

/** The error for any problem with a saved model. */
export function unreadable(
  where: string,
  { got, hint }: Problem,
  cause: unknown = new Error(got),
): DistillError {
  const expected = 'a tfjs layers model (model.json and the weight files that it names)';
  return new DistillError({ code: 'data', where, expected, got, hint, cause });
}

/** Runs `read` and wraps any error with the model's place, and with the reason if known. */
export async function orUnreadable<T>(
  where: string,
  read: () => T | Promise<T>,
  known?: () => Problem | undefined,
): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (isDistillError(cause)) throw cause;
    const missing = missingFile(cause);
    if (missing !== undefined) throw unreadable(where, { got: missing, hint: 'Check the path.' }, cause);
    const problem = known?.();
    const got = problem?.got || reasonOf(cause);
    const isBeyond = problem !== undefined || BEYOND_TFJS.test(got);
    const isFolder = /^https?:[^?#]*(?<!\.json)(?:[?#]|$)/i.test(where);
    const hint = isBeyond
      ? AS_GRAPH
      : isFolder
        ? 'Name the URL of its model.json.'
        : 'Save one with `network.save(DIR)` or `model.save`.';
    throw unreadable(where, { got, hint }, cause);
  }
}

/** The hint for a Keras model that tfjs-layers cannot build. */
export const AS_GRAPH = 'Convert the model to a graph model, or to ONNX, and load it with loadTeacher.';

/** How tfjs-layers reports features of Keras that it lacks. */
const BEYOND_TFJS = /not support|^Unknown activation/;

function missingFile(cause: unknown): string | undefined {
  const { code, path } = (cause ?? {}) as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR' ? `no file ${shownText(path ?? '')}` : undefined;
}

/** The first line of tfjs's error, unless it is an internal error caused by a damaged file. */
function reasonOf(cause: unknown): string {
  const line = firstLine(cause).replace(/\. This may be due to .*|\.+$/, '');
  const isSlip =
    cause instanceof TypeError ||
    cause instanceof RangeError ||
    (cause instanceof Error && cause.message.trim() === '') ||
    /\[object |undefined/.test(line);
  return isSlip ? 'one whose layers do not have the form that tfjs saves' : line.slice(0, 500);
}

/** A manifest's path, which must stay inside the model's folder. */
export function inside(where: string, file: unknown): string {
  const parts = typeof file === 'string' ? file.split(/[\\/]/) : ['..'];
  if (!parts.includes('..') && parts[0] !== '' && !/^[a-z]:|\0/i.test(parts[0] ?? '')) return parts.join('/');
  throw unreadable(where, {
    got: `the weight file ${typeof file === 'string' ? `'${file}'` : describeValue(file)}, outside the model's folder`,
    hint: 'Put the weight files beside model.json and list them by name in weightsManifest.',
  });
}
