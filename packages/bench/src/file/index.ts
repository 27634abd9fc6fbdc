export {
  absenceAt,
  expectRegularFile,
  fileKind,
  readConfigText,
  readDataText,
  statsAt,
} from './regular-file.js';
