export { expectRegularFile, fileKind, readConfigText } from './regular-file.js';
