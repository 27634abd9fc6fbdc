import { writeSync } from 'node:fs';
import { checkpoints, distill, resolveEngine } from '../../src/index.js';
import { smallRun } from './small-run.js';

// Runs until it is killed: a program of its own, bundled and started by kill.test.ts. Arguments: engine, folder, epochs.
const [engine = '', folder = '', epochs] = process.argv.slice(2);
await resolveEngine(engine);
const tell = {
  name: 'tell',
  step: (_: unknown, { done }: { readonly done: number }) => {
    // Not through a stream: what waits in its buffer would come late.
    writeSync(1, `${done}\n`);
  },
};
await distill(
  smallRun({ epochs: Number(epochs), callbacks: [checkpoints(folder, { everySteps: 1 }), tell] }),
);
