import type { CompiledGraph } from './compiled-graph.js';
import { structuralInputs } from './recording.js';
import type { Entry, External, Recording, Ref, TensorInfo } from './recording.js';

/** A recording that was seen before, and how it runs. */
export interface Known extends Recording {
  graph: CompiledGraph | undefined;
  /** Why it runs op by op. */
  eagerBecause: string | undefined;
  lastUse: number;
  /** Whether its graph has this package's convolutions. */
  ownConvolutions: boolean;
}

/**
 * What was asked since the last read of a value. Either it follows known recordings and nothing of it has run yet, or it
 * runs op by op as it comes and is recorded.
 */
export interface Segment {
  /** Id of value 0; value n has id `base + n`. */
  readonly base: number;
  readonly entries: Entry[];
  /** Per value its tensor in the binding; -1 while there is none. */
  readonly tensors: number[];
  readonly isUpload: boolean[];
  readonly isDeleted: boolean[];
  /** Ids of tensors from outside that it reads, and the number of each. */
  readonly externals: number[];
  readonly externalRefs: Map<number, Ref>;
  /** From outside and deleted meanwhile: freed when the segment has run, since the graph reads them. */
  readonly deletedExternals: number[];
  /** Known recordings that began like this segment; undefined: it runs op by op. */
  candidates: readonly Known[] | undefined;
}

export const newSegment = (base: number, candidates: readonly Known[]): Segment => ({
  base,
  entries: [],
  tensors: [],
  isUpload: [],
  isDeleted: [],
  externals: [],
  externalRefs: new Map(),
  deletedExternals: [],
  candidates,
});

/** Adds a value. @returns its id */
export function addValue(segment: Segment, tensor: number, isUpload: boolean): number {
  segment.tensors.push(tensor);
  segment.isUpload.push(isUpload);
  segment.isDeleted.push(false);
  return segment.base + segment.tensors.length - 1;
}

export const idOf = (segment: Segment, ref: Ref): number =>
  ref < 0 ? (segment.externals[~ref] ?? -1) : segment.base + ref;

/** Outputs of ops that are still in use. */
export const wantedValues = ({ tensors, isDeleted, isUpload }: Segment): Ref[] =>
  [...tensors.keys()].filter((value) => isDeleted[value] === false && isUpload[value] === false);

/**
 * Keeps the candidates whose next entry passes.
 * @returns that entry; undefined when nothing is left that would run as a graph
 */
export function nextEntry(
  segment: Segment,
  passes: (entry: Entry, recording: Recording) => boolean,
): Entry | undefined {
  const at = segment.entries.length;
  // Nearly always: the first few operations tell recordings apart.
  if (segment.candidates?.length === 1) {
    const [only] = segment.candidates as [Known];
    const entry = only.entries[at];
    return entry !== undefined && only.eagerBecause === undefined && passes(entry, only) ? entry : undefined;
  }
  const left = (segment.candidates ?? []).filter((recording) => {
    const entry = recording.entries[at];
    return entry !== undefined && passes(entry, recording);
  });
  if (left.every(({ eagerBecause }) => eagerBecause !== undefined)) return undefined;
  segment.candidates = left;
  return left[0]?.entries[at];
}

/**
 * The segment as a recording.
 * @param constants ids of tensors that may be part of the graph
 */
export function asRecording(
  { entries, externals }: Segment,
  constants: ReadonlySet<number>,
  infoOf: (id: number) => TensorInfo,
  bytesOf: (id: number) => Uint8Array,
): Recording {
  const structure = new Set<Ref>();
  for (const entry of entries) {
    if (entry.kind === 'op') structuralInputs(entry).forEach((at) => structure.add(entry.inputs[at] ?? 0));
  }
  return {
    entries,
    structure,
    externals: externals.map((id, index): External => {
      const isShape = structure.has(~index);
      const fixed = isShape || constants.has(id) ? id : undefined;
      return { ...infoOf(id), fixed, bytes: isShape ? bytesOf(id) : undefined };
    }),
  };
}
