import { library } from '../../tsup.base.js';

export default library({
  index: 'src/index.ts',
  student: 'src/student/index.ts',
  testing: 'src/testing/index.ts',
  worker: 'src/worker/index.ts',
});
