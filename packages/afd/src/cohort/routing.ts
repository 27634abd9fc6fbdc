/** Who teaches whom: the directed cycle 1 → 2 → … → K → 1, or everybody everybody else. */
export type Peers = 'cycle' | 'all';

/**
 * The network that teaches network `network` in the cycle, counted from 0: the one before it, and the last one for the
 * first. With two networks each teaches the other.
 *
 * @see arXiv 2002.01775, figure of the cyclic scheme
 */
export function teacherOf(network: number, networks: number): number {
  return (network - 1 + networks) % networks;
}

/** The networks whose predictions network `network` learns from, counted from 0. */
export function peersOf(network: number, networks: number, peers: Peers): readonly number[] {
  if (peers === 'cycle') return [teacherOf(network, networks)];
  return Array.from({ length: networks }, (_, other) => other).filter((other) => other !== network);
}
