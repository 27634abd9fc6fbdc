import { library } from '../../tsup.base.js';

/** Each reader is an entry of its own, so that code which reads one format loads no other. */
const readers = [
  'cinic10',
  'folder',
  'identities',
  'idx',
  'imagenet',
  'list',
  'npz',
  'parquet',
  'svhn',
  'tiny-imagenet',
];

export default library({
  index: 'src/index.ts',
  cli: 'src/cli.ts',
  'data/image': 'src/image/index.ts',
  'decode-worker': 'src/dataset/decoded/worker.ts',
  ...Object.fromEntries(readers.map((name) => [`data/${name}`, `src/dataset/${name}.ts`])),
});
