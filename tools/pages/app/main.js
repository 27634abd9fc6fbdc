import { checkpoints, distill, indexedDbStore, progress, resolveEngine } from '@distilljs/core';
import { cckd } from '@distilljs/cckd';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-backend-cpu';
import { images, network } from './network.js';

/** Trains in the page. `stopAt` epochs end it, as a user does who leaves. */
globalThis.trainInPage = async ({ engine, wasmPath, store, stopAt }) => {
  if (wasmPath !== undefined) setWasmPaths(wasmPath);
  const warnings = [];
  const { name, version } = await resolveEngine(engine, { warn: (text) => warnings.push(text) });
  const events = [];
  const leave = new AbortController();
  const onProgress = (event) => {
    events.push(event);
    if (event.kind === 'epoch' && event.epoch.globalEpoch + 1 === stopAt) leave.abort();
  };
  const student = network(2);
  const result = await distill({
    teacher: network(4),
    students: [student],
    method: cckd({ studentTap: 'pool', teacherTap: 'pool' }),
    train: images(),
    epochs: 3,
    batchSize: 6,
    seed: 1,
    callbacks: [
      progress(),
      progress({ onProgress }),
      ...(store === undefined ? [] : [checkpoints(indexedDbStore(store))]),
    ],
    signal: leave.signal,
  });
  const weights = student.getWeights().flatMap((weight) => [...weight.dataSync()]);
  const losses = result.history.map(({ terms }) => terms.ce.value);
  const seen = events.map(({ kind, done, total, secondsLeft }) => ({ kind, done, total, secondsLeft }));
  return { engine: name, version, warnings, weights, losses, events: seen };
};

/** What a worker says of saving a model. */
globalThis.saveInWorker = () =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
    worker.onmessage = async ({ data: { refusal, files } }) =>
      resolve({
        refusal,
        files: files.map(({ name, size }) => ({ name, size })),
        model: JSON.parse(await files[0].text()),
      });
    worker.onerror = (event) => reject(new Error(event.message));
  });
