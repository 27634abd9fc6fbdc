export { expectRegularFile, fileKind, readConfigText, readText } from './regular-file.js';
