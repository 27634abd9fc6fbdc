import { weightsOf } from './weights.js';
import type { Graph } from './graph.js';

/**
 * Multiply–accumulate operations of one image's forward pass.
 *
 * Counted: convolutions (output positions × kernel size) and dense layers, as FLOP counters of the field do;
 * not counted: batch norm, activations, pooling, additions. A separable convolution counts both of its kernels.
 */
export function countMacs(graph: Graph): number {
  let macs = 0;
  for (const { layer, shape } of graph.nodes) {
    const positions = shape.slice(0, -1).reduce((product, axis) => product * axis, 1);
    for (const [name, weight] of weightsOf(layer)) {
      if (name === 'kernel' || name === 'depthwise_kernel' || name === 'pointwise_kernel')
        macs += positions * weight.size;
    }
  }
  return macs;
}
