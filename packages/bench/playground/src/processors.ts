/* How the machine's processors are shared out. The page keeps one, so that it can draw while everything trains. */

/** Students that train at a time: two where that leaves the page a processor, and the engine one. */
export const atATime = (processors: number): number => (processors >= 4 ? 2 : 1);

/** Threads of each training: the teacher trains alone. */
export const threadsOf = (processors: number, trainings: number): number =>
  Math.min(MOST, Math.max(1, Math.floor((processors - 1) / trainings)));

/** Small networks gain nothing from more. */
const MOST = 8;
