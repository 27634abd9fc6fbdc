import { library } from '../../tsup.base.js';

export default library({
  index: 'src/index.ts',
  student: 'src/student/index.ts',
  testing: 'src/testing/index.ts',
  worker: 'src/worker/index.ts',
  // No exports: they keep what a page needs of `worker` apart from what imports tfjs.
  'worker-page': 'src/worker/create-distill-worker.ts',
  'worker-serve': 'src/worker/serve-distill.ts',
  // No export either: graphs of the engine node, which pages leave out.
  'node-graphs': 'src/engine/graph/node-graphs.ts',
  // Nor of this, which pages leave out too.
  'sharp-decoder': 'src/student/sharp-decoder.ts',
});
