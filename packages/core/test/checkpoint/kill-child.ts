import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { checkpoints, distill, resolveEngine } from '../../src/index.js';
import { smallRun } from './small-run.js';

// Runs until it is killed: a program of its own, bundled and started by kill.test.ts. Arguments: engine, folder, epochs.
// After each step it waits for a word on standard input: a parent that is slow to look kills it in time all the same.
const [engine = '', folder = '', epochs] = process.argv.slice(2);
await resolveEngine(engine);
const tell = {
  name: 'tell',
  async step(_: unknown, { done }: { readonly done: number }) {
    // Not through a stream: what waits in its buffer would come late.
    writeSync(1, `${done}\n`);
    await once(process.stdin, 'data');
  },
};
await distill(
  smallRun({ epochs: Number(epochs), callbacks: [checkpoints(folder, { everySteps: 1 }), tell] }),
);
