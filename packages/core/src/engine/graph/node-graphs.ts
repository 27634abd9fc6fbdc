// What the engine node alone needs of graphs. It is an entry of the package, so that `browser` in package.json can take it out of a page.
export { hasOwnConvolutions } from './compiled-graph.js';
export { deferBinding } from './deferred-binding.js';
export { tracingBinding } from './trace.js';
