export { expectRegularFile, fileKind, readConfigText, readDataText } from './regular-file.js';
