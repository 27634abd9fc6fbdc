import type { FuzzTarget } from '../target.js';
import { cifar } from './cifar.js';
import { commandLines } from './command-line.js';
import { configs } from './config.js';
import { dataFiles } from './data-files.js';
import { foreignTeachers, lists, pictures, students } from './foreign-files.js';
import { merges, queuePayloads, serveRequests, studies } from './many-machines.js';
import { modelFolders } from './model-folder.js';
import { predictions } from './predictions.js';
import { reports } from './report.js';
import { runFolders } from './run-folder.js';
import { checkpointFolders, safetensors } from './safetensors.js';
import { teacherCaches } from './teacher-cache.js';

export const targets: readonly FuzzTarget[] = [
  configs,
  commandLines,
  cifar,
  dataFiles,
  lists,
  pictures,
  modelFolders,
  foreignTeachers,
  students,
  safetensors,
  checkpointFolders,
  teacherCaches,
  predictions,
  runFolders,
  studies,
  merges,
  queuePayloads,
  serveRequests,
  reports,
];
