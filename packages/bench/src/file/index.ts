export {
  absenceAt,
  expectRegularFile,
  fileKind,
  readConfigText,
  readDataText,
  reasonOf,
  statsAt,
} from './regular-file.js';
