import { firstLine } from '../../error/first-line.js';
import { compileGraph, hasOwnConvolutions } from './compiled-graph.js';
import type { Binding } from './compiled-graph.js';
import { hasFittingConvolutions } from './convolutions.js';
import type { TensorInfo } from './recording.js';
import { asRecording, idOf, wantedValues } from './segment.js';
import type { Known, Segment } from './segment.js';
import { isClose } from './tensor-table.js';
import type { Tolerance } from './tensor-table.js';

/** Which recordings ran so far, and how. */
export interface RecordingUse {
  /** Graphs that were made, and how often one ran. */
  readonly graphs: number;
  readonly runs: number;
  /** Reasons for what ran op by op. */
  readonly eager: readonly string[];
}

/** The recordings that were made, and their graphs. */
export interface RecordingLibrary {
  all(): readonly Known[];
  /**
   * Runs a segment that followed this recording to its end, as one graph, and puts tensors behind the values in use.
   *
   * @returns false when the graph failed: then the segment has to run op by op, now and in future
   */
  run(recording: Known, segment: Segment): boolean;
  /** Keeps a segment that ran op by op as a new recording. */
  learn(segment: Segment): void;
  readonly use: () => RecordingUse;
}

/** What a library asks of the binding that it belongs to. */
export interface TensorAccess {
  /** The binding's tensor behind an id. */
  readonly tensorOf: (id: number) => number;
  readonly infoOf: (id: number) => TensorInfo;
  readonly bytesOf: (id: number) => Uint8Array;
  readonly constantIds: () => ReadonlySet<number>;
}

/** Recordings that are kept; the one that was not used for longest goes first. */
const MOST_RECORDINGS = 64;

const ROUNDING: Tolerance = { share: 1e-3, least: 1e-6 };

/**
 * For a graph that was {@link ROUNDING | right} with TensorFlow's convolutions. Winograd's round otherwise, by about 1e-6. A ReLU whose input is nearly 0 may turn the other way, and
 * gradients that are sums of canceling numbers differ by more: 5e-3 was seen. A wrong convolution is off by the order of its values.
 */
const OWN_ROUNDING: Tolerance = { share: 5e-2, least: 1e-5 };

export function recordingLibrary(binding: Binding, tensors: TensorAccess): RecordingLibrary {
  const known: Known[] = [];
  const count = { graphs: 0, runs: 0 };
  let clock = 0;

  const runGraph = (recording: Known, segment: Segment): number[] => {
    const wanted = wantedValues(segment);
    recording.lastUse = ++clock;
    if (wanted.length === 0) return [];
    if (recording.graph === undefined) {
      recording.graph = compileGraph(binding, recording, tensors.bytesOf, recording.ownConvolutions);
      count.graphs += 1;
    }
    count.runs += 1;
    const made = recording.graph.run((ref) => tensors.tensorOf(idOf(segment, ref)), wanted);
    return made.map(({ id }) => id);
  };

  /** The tensors that its graph gives; undefined where they are not those that its operations gave. */
  const runIfClose = (
    recording: Known,
    segment: Segment,
    opByOp: readonly number[],
    tolerance: Tolerance,
  ): readonly number[] | undefined => {
    const made = runGraph(recording, segment);
    if (made.every((tensor, index) => isClose(binding, opByOp[index] ?? -1, tensor, tolerance))) return made;
    free(made);
    return undefined;
  };

  const free = (made: readonly number[]): void => {
    for (const tensor of made) binding.deleteTensor(tensor);
  };

  /**
   * Replaces a graph that is right by one with this package's convolutions, where that is right too.
   *
   * @returns the tensors of the one that stays
   */
  const withOwnConvolutions = (
    recording: Known,
    segment: Segment,
    opByOp: readonly number[],
    made: readonly number[],
  ): readonly number[] => {
    const candidate: Known = { ...recording, graph: undefined, ownConvolutions: true };
    const counted = { ...count };
    const own = runIfClose(candidate, segment, opByOp, OWN_ROUNDING);
    // One graph, and one run of it, whichever stays.
    Object.assign(count, counted);
    const [left, kept] = own === undefined ? [candidate, recording] : [recording, candidate];
    left.graph?.dispose();
    recording.graph = kept.graph;
    recording.ownConvolutions = kept.ownConvolutions;
    if (own === undefined) return made;
    free(made);
    return own;
  };

  const makeRoom = (): void => {
    if (known.length < MOST_RECORDINGS) return;
    const oldest = known.reduce((a, b) => (a.lastUse <= b.lastUse ? a : b));
    oldest.graph?.dispose();
    known.splice(known.indexOf(oldest), 1);
  };

  return {
    all: () => [...known],

    run(recording, segment) {
      try {
        const wanted = wantedValues(segment);
        const made = runGraph(recording, segment);
        wanted.forEach((value, index) => (segment.tensors[value] = made[index] ?? -1));
        return true;
      } catch (error) {
        recording.eagerBecause = `a graph failed: ${firstLine(error)}`;
        return false;
      }
    },

    // It runs as a graph right away, although its values are there: the comparison costs no step of its own, and a run's
    // first step has the bytes of all others, wherever a run begins or goes on.
    learn(segment) {
      const { infoOf, bytesOf, constantIds } = tensors;
      const recording: Known = {
        ...asRecording(segment, constantIds(), infoOf, bytesOf),
        graph: undefined,
        eagerBecause: undefined,
        lastUse: ++clock,
        ownConvolutions: false,
      };
      makeRoom();
      known.push(recording);
      try {
        const wanted = wantedValues(segment);
        const opByOp = wanted.map((value) => segment.tensors[value] ?? -1);
        const right = runIfClose(recording, segment, opByOp, ROUNDING);
        if (right === undefined) {
          recording.eagerBecause = 'a graph gave other values than its operations one by one';
          return;
        }
        const made =
          hasOwnConvolutions(binding) && hasFittingConvolutions(recording)
            ? withOwnConvolutions(recording, segment, opByOp, right)
            : right;
        free(opByOp);
        wanted.forEach((value, index) => (segment.tensors[value] = made[index] ?? -1));
      } catch (error) {
        recording.eagerBecause = `no graph could be made: ${firstLine(error)}`;
      }
    },

    use: () => ({ ...count, eager: [...new Set(known.flatMap(({ eagerBecause }) => eagerBecause ?? []))] }),
  };
}
