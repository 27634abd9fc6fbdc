export { serveRun } from './serve-run.js';
export type { RunServer, ServeOptions } from './serve-run.js';
