import { describeValue, DistillError, isDistillError } from '../error/index.js';
import { firstLine } from '../error/first-line.js';
import type { Problem } from './check-wiring.js';

/** The one error of everything that is wrong with a saved model. */
export function unreadable(
  where: string,
  { got, hint }: Problem,
  cause: unknown = new Error(got),
): DistillError {
  const expected = 'a tfjs layers model (model.json and the weight files that it names)';
  return new DistillError({ code: 'data', where, expected, got, hint, cause });
}

/** Runs what may throw anything, and gives its error the model's place. */
export async function orUnreadable<T>(where: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (isDistillError(cause)) throw cause;
    throw unreadable(
      where,
      { got: reasonOf(cause), hint: 'Save one with `network.save(DIR)` or `model.save`.' },
      cause,
    );
  }
}

/** The first line of what tfjs says; a slip of its own code over a damaged file says nothing to a user. */
function reasonOf(cause: unknown): string {
  const line = firstLine(cause);
  const isSlip =
    cause instanceof TypeError ||
    cause instanceof RangeError ||
    (cause instanceof Error && cause.message.trim() === '') ||
    /\[object |undefined/.test(line);
  return isSlip ? 'one whose layers do not have the form that tfjs saves' : line.slice(0, 500);
}

/** A path of a manifest, which names files of the model's own folder and no others. */
export function inside(where: string, file: unknown): string {
  const parts = typeof file === 'string' ? file.split(/[\\/]/) : ['..'];
  if (!parts.includes('..') && parts[0] !== '' && !/^[a-z]:|\0/i.test(parts[0] ?? '')) return parts.join('/');
  throw unreadable(where, {
    got: `the weight file ${typeof file === 'string' ? `'${file}'` : describeValue(file)}, outside the model's folder`,
    hint: 'Put the weight files beside model.json and list them by name in weightsManifest.',
  });
}
