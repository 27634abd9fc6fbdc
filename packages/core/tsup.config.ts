import { library } from '../../tsup.base.js';

export default library(
  {
    index: 'src/index.ts',
    student: 'src/student/index.ts',
    testing: 'src/testing/index.ts',
    worker: 'src/worker/index.ts',
  },
  {
    // They keep what a page needs of `worker` apart from what imports tfjs.
    'worker-page': 'src/worker/create-distill-worker.ts',
    'worker-serve': 'src/worker/serve-distill.ts',
    // Pages leave these out: graphs of the engine node, and its decoder.
    'node-graphs': 'src/engine/graph/node-graphs.ts',
    'sharp-decoder': 'src/student/sharp-decoder.ts',
  },
);
