import { serveDistill } from '../../src/worker/index.js';
import { tinyJob } from './job.js';

serveDistill(tinyJob);
