// The graph code that only the engine `node` needs. It is a separate entry point of the package, so that
// `browser` in package.json can exclude it from a page.
export { hasOwnConvolutions } from './compiled-graph.js';
export { deferBinding } from './deferred-binding.js';
export { tracingBinding } from './trace.js';
