/** Numbers of 4 bytes in the block of memory by which the threads talk, and where the arguments of a job begin in it. */
export const SLOTS = 64;
export const ARGUMENTS = 16;

/** The other numbers of the block. */
export const SLOT = {
  /** Number of the job; odd while the job is being written. */
  job: 0,
  /**
   * Next part to take; the count continues across jobs, so that a late thread cannot take a part of another
   * job.
   */
  next: 1,
  /** Number of parts done. */
  done: 2,
  /** The part after the last. */
  end: 3,
  first: 4,
  items: 5,
  /** Items of a part. */
  grain: 6,
  kernel: 7,
  argumentCount: 8,
  scratch: 9,
  scratchBytes: 10,
  /** Nonzero if a part failed. */
  failed: 11,
} as const;

/**
 * The source text of a thread, so that no bundler or page needs to serve a file. A thread waits for a job,
 * takes parts until none is left, and waits for the next job.
 */
export const WORKER_SOURCE = `
const serve = ({ module, memory, control, names, thread }) => {
  const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports;
  const slots = new Int32Array(memory.buffer, control, ${SLOTS});
  for (;;) {
    const job = Atomics.load(slots, ${SLOT.job});
    const read = Array.from(slots, (_, slot) => Atomics.load(slots, slot));
    if (job % 2 === 0 && Atomics.load(slots, ${SLOT.job}) === job) {
      const args = read.slice(${ARGUMENTS}, ${ARGUMENTS} + read[${SLOT.argumentCount}]);
      const scratchBytes = read[${SLOT.scratchBytes}];
      if (scratchBytes > 0) args.push(read[${SLOT.scratch}] + thread * scratchBytes);
      for (;;) {
        const part = Atomics.load(slots, ${SLOT.next});
        if ((read[${SLOT.end}] - part | 0) <= 0) break;
        if (Atomics.compareExchange(slots, ${SLOT.next}, part, part + 1 | 0) !== part) continue;
        const from = (part - read[${SLOT.first}] | 0) * read[${SLOT.grain}];
        const to = Math.min(from + read[${SLOT.grain}], read[${SLOT.items}]);
        try {
          kernels[names[read[${SLOT.kernel}]]](...args, from, to);
        } catch {
          Atomics.store(slots, ${SLOT.failed}, 1);
        }
        Atomics.add(slots, ${SLOT.done}, 1);
        Atomics.notify(slots, ${SLOT.done});
      }
    }
    if (job % 2 === 0) Atomics.wait(slots, ${SLOT.job}, job);
  }
};
if (typeof require === 'function') serve(require('node:worker_threads').workerData);
else self.onmessage = ({ data }) => serve(data);
`;
