import { setFlagsFromString } from 'node:v8';

/**
 * Lets the heap of a training grow to several times what lives in it before all of it is marked.
 *
 * A step leaves a little behind that outlives the young generation, in a heap of some 30 MB. V8 by itself lets such a heap grow by a
 * third, marks it several times a second, and takes a quarter of another processor for that: one on which the next training runs.
 */
export function collectSeldom(): void {
  setFlagsFromString('--heap-growing-percent=400');
}
