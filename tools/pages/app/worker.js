import { modelFiles, resolveEngine, saveModel } from '@distilljs/core';
import { network } from './network.js';

await resolveEngine('cpu');
const model = network(2);
const refusal = await saveModel(model, 'downloads://student').catch((error) => error.message);
postMessage({ refusal, files: await modelFiles(model) });
