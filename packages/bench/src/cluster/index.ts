export { kubernetesManifest } from './kubernetes-manifest.js';
export { mergeRuns } from './merge.js';
export { shellScript, waveLines } from './shell-script.js';
export { slurmScript } from './slurm-script.js';
export { clusterPath, jobName, shellWord, wavesOf } from './waves.js';
export type { ClusterJobs } from './waves.js';
