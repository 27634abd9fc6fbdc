import '@tensorflow/tfjs-backend-cpu';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { serveDistill } from '../../src/worker/index.js';
import { tinyJob } from '../worker/job.js';

setWasmPaths('/wasm/');
serveDistill(tinyJob);
