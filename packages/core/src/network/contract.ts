import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Random } from '../random/index.js';
import type { Images, Logits, NamedVariables, Tensor } from '../tensor/index.js';

/** What a model's output is: logits, or softmax probabilities of which the logarithm is taken. */
export type LogitsSource = 'output' | 'softmax';

/** What one forward pass gives: logits, and the taps that were asked for. */
export interface NetworkOutput {
  readonly logits: Logits;
  /**
   * Output of the tapped layer, batch first.
   * @throws DistillError code `tap` when this tap was not asked for
   */
  tap(name: string): Tensor;
}

/** An output whose tensors the caller frees. */
export interface OwnedOutput extends NetworkOutput {
  readonly dispose: () => void;
}

/**
 * What is needed of a network's taps, where that is less than the taps: a pure function that treats every image by itself.
 */
export interface Condense {
  /** Shape per image of each value. A name says all that its value depends on besides the network. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** The values by name, batch first. */
  readonly of: (output: NetworkOutput) => Readonly<Record<string, Tensor>>;
}

/** A value within a network, and what it is computed from. */
export interface NetworkNode {
  /** A tap. */
  readonly name: string;
  /** Class of the layer, or name of the operation. */
  readonly op: string;
  /** Names of the nodes that it reads; what does not depend on the images is left out. */
  readonly inputs: readonly string[];
  /** Without the batch axis; −1 where the model leaves an axis open, empty where the shape is not known. */
  readonly shape: readonly number[];
}

/** What can be asked of any network, learning or frozen. */
export interface NetworkShape {
  readonly name: string;
  /** `[height, width, channels]`; −1 where the model leaves an axis open. */
  readonly inputShape: readonly [number, number, number];
  /** Width of the logits. */
  readonly classes: number;
  /** Every name that {@link tapShape} takes: aliases first, then layers in order. */
  readonly tapNames: readonly string[];
  /**
   * Shape of a tap without the batch axis.
   * @throws DistillError code `tap`, listing the names there are
   */
  readonly tapShape: (tap: string) => readonly number[];
  /** Number of the tapped value in the model's graph; two names of one layer have one number. */
  readonly tapOutput: (tap: string) => number;
  /** What is known of its inside, in an order in which it can run: `stageTaps` finds feature maps by it. */
  readonly nodes?: (() => readonly NetworkNode[]) | undefined;
  /** The classes that the logits stand for, in order, where they are known. */
  readonly classNames?: readonly string[] | undefined;
  /** Of a network that learns the number of its trainable weights, of a frozen one that of all its weights. */
  readonly parameters: number;
  /** Multiply–accumulate operations of one image's forward pass; NaN where the model leaves the image size open. */
  readonly macs: number;
}

/** A `LayersModel` that ends in logits, with taps by layer name: what learns. */
export interface Network extends NetworkShape {
  readonly model: LayersModel;
  /** What the model's output is taken for. */
  readonly logitsFrom: LogitsSource;
  /** Trainable weights as `layer/weight`. */
  readonly variables: NamedVariables;
  /** Weights that no gradient moves: moving means and variances, and all of frozen layers. */
  readonly statistics: NamedVariables;
  /**
   * One forward pass. In training mode batch norm uses the batch's statistics, and moves the moving ones unless
   * `moveStatistics` is false; a frozen one uses and keeps its moving statistics. Dropout draws from `random`.
   */
  forward(images: Images, options?: ForwardOptions): NetworkOutput;
  /** Saves the plain tfjs model (no taps, no heads) to a folder (path or `file:` URL, Node) or any tfjs URL. */
  save(place: string | URL): Promise<void>;
  dispose(): void;
}

export interface ForwardOptions {
  readonly training?: boolean | undefined;
  readonly moveStatistics?: boolean | undefined;
  readonly taps?: readonly string[] | undefined;
  readonly random?: Random | undefined;
}

/** A network in inference form that never learns: batch norm folded into the convolutions, nothing on the tape. */
export interface FrozenNetwork extends NetworkShape {
  /** The weights that it reads, under their names: they must not change while it is in use. */
  readonly weights: NamedVariables;
  /** Outputs are constants for every gradient. */
  forward(images: Images, taps?: readonly string[]): NetworkOutput;
  /**
   * A teacher that answers by promise, such as a program outside tfjs, has this: it is asked before a step, and its `forward`
   * throws. Use `askTeacher`, which takes every teacher.
   */
  readonly ask?: ((images: Images, taps?: readonly string[]) => Promise<OwnedOutput>) | undefined;
  /** Its outputs are known to be logits, since its last layer is a linear one. Otherwise a look at them is due. */
  readonly givesLogits?: boolean | undefined;
  /** Hex digest of architecture and weights. */
  fingerprint(): Promise<string>;
  dispose(): void;
}
