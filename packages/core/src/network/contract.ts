import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Normalization } from '../data/normalization.js';
import type { Random } from '../random/index.js';
import type { Images, Logits, NamedVariables, Tensor } from '../tensor/index.js';

/** What a model's output is: `output` for logits, `softmax` for probabilities, whose logarithm is taken. */
export type LogitsSource = 'output' | 'softmax';

/** The result of a forward pass: logits, and the requested taps. */
export interface NetworkOutput {
  readonly logits: Logits;
  /**
   * Output of the tapped layer, batch axis first.
   * @throws DistillError code `tap` if this tap was not requested
   */
  tap(name: string): Tensor;
}

/** An output whose tensors the caller frees. */
export interface OwnedOutput extends NetworkOutput {
  readonly dispose: () => void;
}

/**
 * Reduces a network's taps to what is needed of them: a pure function that treats every image independently.
 */
export interface Condense {
  /**
   * Shape of each value without the batch axis. Its name must identify all that it depends on besides the
   * network.
   */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** Computes the values by name, batch axis first. */
  readonly of: (output: NetworkOutput) => Readonly<Record<string, Tensor>>;
}

/** An inner value of a network, and the values that it is computed from. */
export interface NetworkNode {
  /** Name of the value as a tap. */
  readonly name: string;
  /** Class of the layer, or name of the operation. */
  readonly op: string;
  /** Names of the nodes that it reads, without those that do not depend on the images. */
  readonly inputs: readonly string[];
  /** Shape without the batch axis; −1 for an axis of any size, empty if the shape is unknown. */
  readonly shape: readonly number[];
}

/** Properties of any network, trainable or frozen. */
export interface NetworkShape {
  readonly name: string;
  /** `[height, width, channels]`; −1 for an axis of any size. */
  readonly inputShape: readonly [number, number, number];
  /** Number of logits per image. */
  readonly classes: number;
  /** Every name that {@link tapShape} takes: aliases first, then layers in order. */
  readonly tapNames: readonly string[];
  /**
   * Shape of a tap without the batch axis.
   * @throws DistillError code `tap`, listing the available names
   */
  readonly tapShape: (tap: string) => readonly number[];
  /** Number of the tapped value in the model's graph; two names of one layer have the same number. */
  readonly tapOutput: (tap: string) => number;
  /**
   * The known inner values, in an order in which they can be computed; `stageTaps` finds feature maps among
   * them.
   */
  readonly nodes?: (() => readonly NetworkNode[]) | undefined;
  /** Names of the classes in the order of the logits, if known. */
  readonly classNames?: readonly string[] | undefined;
  /** Number of trainable weights, or of all weights for a frozen network; NaN if unknown. */
  readonly parameters: number;
  /** Multiply–accumulate operations of one image's forward pass; NaN for an open image size, or if unknown. */
  readonly macs: number;
}

/** A `LayersModel` that ends in logits, with taps by layer name: the form in which students are trained. */
export interface Network extends NetworkShape {
  readonly model: LayersModel;
  /** How the model's output is interpreted. */
  readonly logitsFrom: LogitsSource;
  /** Trainable weights as `layer/weight`. */
  readonly variables: NamedVariables;
  /** Weights without gradient: moving means and variances, and all weights of frozen layers. */
  readonly statistics: NamedVariables;
  /**
   * Runs one forward pass; inference mode is the default. In training mode batch norm uses the batch's
   * statistics and updates its moving statistics unless `moveStatistics` is false; frozen batch norm uses and
   * keeps its moving statistics. Dropout draws from `random`.
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

/**
 * A network for inference only: batch norm folded into the convolutions where possible, no gradients recorded.
 */
export interface FrozenNetwork extends NetworkShape {
  /** The weights that it reads, by name. They must not change while it is in use. */
  readonly weights: NamedVariables;
  /** Runs one forward pass. The outputs are constants for every gradient. */
  forward(images: Images, taps?: readonly string[]): NetworkOutput;
  /**
   * Present for a teacher that answers asynchronously, such as a program outside tfjs. It is called before a
   * step, and `forward` throws. Use `askTeacher`, which works for every teacher.
   */
  readonly ask?: ((images: Images, taps?: readonly string[]) => Promise<OwnedOutput>) | undefined;
  /**
   * True if the outputs are known to be logits, e.g. because the last layer is linear. Otherwise they are
   * checked.
   */
  readonly givesLogits?: boolean | undefined;
  /** Normalization that it expects, if its file or first layer tells; what it is given may have another. */
  readonly normalization?: Normalization | undefined;
  /** `softmax` if the logits are the logarithm of probabilities: so are rows of outputs that were given. */
  readonly logitsFrom?: LogitsSource | undefined;
  /** Hex digest of architecture and weights. */
  fingerprint(): Promise<string>;
  dispose(): void;
}
