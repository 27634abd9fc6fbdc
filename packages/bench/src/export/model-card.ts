import type { ModelMetadata } from '@distilljs/core';
import { stringify } from 'yaml';
import { markdownTable } from 'markdown-table';
import type { RunConfig } from '../config/index.js';
import type { RunEnvironment, TeacherResult } from '../report/index.js';
import { wilson } from '../statistics/index.js';
import type { Summary } from '../statistics/index.js';
import type { Latencies } from './latency.js';
import { counted } from '../terminal/index.js';

/** Version of {@link ModelCard} as a file. */
export const CARD_SCHEMA = 1;

/** `card.json`: the origin and the measured quality of an exported student. */
export interface ModelCard {
  readonly kind: 'distilljs export';
  readonly schema: typeof CARD_SCHEMA;
  /** The method's name in the run, and its own name. */
  readonly method: string;
  readonly methodName: string;
  readonly options: object;
  readonly seed: number;
  /** Position among networks that were trained together, from 1. */
  readonly member?: number | undefined;
  readonly student: string;
  readonly parameters: number;
  readonly macs: number;
  readonly metadata: ModelMetadata;
  readonly dataset: {
    readonly name: string;
    readonly trainImages: number;
    readonly testImages: number;
    readonly classes: number;
  };
  readonly teacher: Pick<TeacherResult, 'model' | 'source' | 'parameters' | 'testAccuracy'> | undefined;
  readonly training: Pick<RunConfig, 'epochs' | 'batchSize' | 'optimizer'>;
  readonly quantization?: 'float16' | 'uint8' | undefined;
  /** Accuracies from 0 to 1 of the trained student and of the exported model, on the same images. */
  readonly testAccuracy: { readonly trained: number; readonly exported: number; readonly images: number };
  /** Test accuracy of the method over all finished seeds of the run. */
  readonly overSeeds: Summary;
  readonly bytes: { readonly model: number; readonly weights: number; readonly trainedWeights: number };
  readonly latency: Latencies;
  /** The training's environment. */
  readonly environment: RunEnvironment;
  readonly warnings: readonly string[];
  /** Classes of layers that tfjs does not have; undefined if there are none. */
  readonly ownLayers?: readonly string[] | undefined;
  /** False for images that no page can show, and for models with layers of their own. */
  readonly hasPage: boolean;
  /** SHA-256 of the export's other files, by path: a later export replaces them only if they are unchanged. */
  readonly files?: Readonly<Record<string, string>> | undefined;
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
const number = (value: number | null): string =>
  // The parameter count of a teacher outside tfjs may be unknown: NaN, which JSON turns into null.
  value === null || Number.isNaN(value) ? 'unknown' : value.toLocaleString('en-US');
const kibibytes = (bytes: number): string => `${number(Math.round(bytes / 102.4) / 10)} KiB`;

/** The card as a README in the style of model hubs: YAML front matter, then sections. */
export function cardText(card: ModelCard): string {
  const { metadata, dataset, testAccuracy } = card;
  const [height, width, channels] = metadata.imageSize;
  return [
    `---\n${stringify(frontMatter(card))}---`,
    `# ${card.student}, trained with ${card.methodName} on ${dataset.name}`,
    `A TensorFlow.js image classifier: ${dataset.classes} classes, images of ${height}×${width}×${channels}, ${number(card.parameters)} parameters, ${number(card.macs)} multiply-accumulate operations per image. It gives ${metadata.output}.`,
    '## Use',
    useText(card),
    '## Accuracy',
    accuracyText(card),
    '## Size and speed',
    speedText(card),
    '## Training',
    trainingText(card),
    '## Limits',
    limitsText(card, testAccuracy.images),
    '',
  ].join('\n\n');
}

function frontMatter({ dataset, testAccuracy, student, methodName }: ModelCard): object {
  return {
    library_name: 'tfjs',
    pipeline_tag: 'image-classification',
    tags: ['image-classification', 'tensorflowjs', 'knowledge-distillation', methodName],
    metrics: ['accuracy'],
    'model-index': [
      {
        name: student,
        results: [
          {
            task: { type: 'image-classification' },
            dataset: { name: dataset.name, type: dataset.name, split: 'test' },
            metrics: [{ type: 'accuracy', value: testAccuracy.exported }],
          },
        ],
      },
    ],
  };
}

function useText({ metadata, hasPage, ownLayers = [] }: ModelCard): string {
  const { mean, std } = metadata.normalization;
  const list = (values: readonly number[]): string => values.map((value) => value.toFixed(4)).join(', ');
  const register =
    ownLayers.length === 0
      ? ''
      : `It has layers that tfjs does not have. Register their classes with \`tf.serialization.registerClass\` before you load it (KDExplainer's: \`registerHme()\` of \`@distilljs/vam\`): ${ownLayers.join(', ')}.\n\n`;
  return `${register}\`\`\`js
import '@tensorflow/tfjs-backend-cpu'; // or -wasm, -webgl, -webgpu
import { loadStudent } from '@distilljs/core/student';

const student = await loadStudent('./model.json');
const { className, probability } = await student.classify(image); // tensor, ImageData, <img>, canvas, bytes, path
\`\`\`

Without distilljs, load \`model.json\` with \`tf.loadLayersModel\`. An input value is \`(pixel / ${metadata.scale} − mean) / std\` for ${metadata.channels} pixels from 0 to 255, with mean [${list(mean)}] and std [${list(std)}]; images of other sizes are resized by \`${metadata.resize ?? 'crop'}\`. \`userDefinedMetadata.distilljs\` in \`model.json\` contains all of this${metadata.classNames === undefined ? '' : ', and the class names'}.${hasPage ? '\n\n`index.html` classifies an image that is dropped on it. Serve the folder (`npx http-server .`) and open it: it loads nothing from elsewhere.' : ''}`;
}

function accuracyText({ testAccuracy, overSeeds, quantization, seed, teacher, method }: ModelCard): string {
  const { trained, exported, images } = testAccuracy;
  const row = (name: string, share: number): string[] => {
    const [low, high] = wilson(share, images);
    return [name, percent(share), `${percent(low)} to ${percent(high)}`];
  };
  const rows = [
    ['on the test images', 'accuracy', '95 % interval'],
    row(`student as trained (seed ${seed})`, trained),
    row(`this model${quantization === undefined ? '' : ` (${quantization})`}`, exported),
    ...(teacher === undefined ? [] : [row(`the run's teacher, ${teacher.model}`, teacher.testAccuracy)]),
  ];
  const { n, mean, sd, ci95 } = overSeeds;
  const over =
    n === 1
      ? 'The run has only one seed of this method, so the variation between seeds is unknown.'
      : `Over the ${n} seeds of ${method}: ${percent(mean)} ± ${percent(sd ?? 0)}${ci95 === null ? '' : `, 95 % interval of the mean ${percent(ci95[0])} to ${percent(ci95[1])}`}.`;
  return `${markdownTable(rows, { align: ['l', 'r', 'r'] })}\n\nIntervals are Wilson's, over the ${number(images)} test images. ${over}`;
}

function speedText({ bytes, latency, quantization }: ModelCard): string {
  const stored = quantization === undefined ? '32-bit floats' : `${quantization} kernels, 32-bit vectors`;
  const rows = latency.measured.map(({ engine, batch, p50, p95, passes }) => [
    engine,
    String(batch),
    p50.toFixed(2),
    p95.toFixed(2),
    String(passes),
  ]);
  const table = markdownTable([['engine', 'batch', 'p50 ms', 'p95 ms', 'passes'], ...rows], {
    align: ['l', 'r', 'r', 'r', 'r'],
  });
  return `Weights ${kibibytes(bytes.weights)} (${stored}; as trained ${kibibytes(bytes.trainedWeights)}), \`model.json\` ${kibibytes(bytes.model)}.\n\n${table}\n\nMilliseconds per forward pass of a whole batch on ${latency.processor}, without decoding and preparing images.`;
}

function trainingText(card: ModelCard): string {
  const { dataset, teacher, training, environment, seed, member } = card;
  const { name, ...optimizer } = training.optimizer;
  const lines = [
    `- data: ${dataset.name}, ${number(dataset.trainImages)} training and ${number(dataset.testImages)} test images, ${dataset.classes} classes`,
    teacher === undefined
      ? "- the run's teacher: none"
      : `- the run's teacher: ${teacher.model} (${number(teacher.parameters)} parameters, ${teacher.source === 'trained' ? 'trained in the same run' : `from ${teacher.source}`}), ${percent(teacher.testAccuracy)} on the test images`,
    `- method: ${card.method}, options \`${JSON.stringify(card.options)}\``,
    `- seed ${seed}, ${counted(training.epochs, 'epoch')}, batches of ${training.batchSize}, ${name} \`${JSON.stringify(optimizer)}\`; weights of the last epoch`,
    `- engine ${environment.engine.name} (${environment.engine.version}), Node ${environment.node}, ${Object.entries(
      environment.packages,
    )
      .filter(([each]) => each.startsWith('@distilljs/'))
      .map(([each, version]) => `${each} ${version}`)
      .join(', ')}`,
  ];
  if (member !== undefined)
    lines.push(
      `- network ${member} of several that were trained together; accuracies over seeds are means over those`,
    );
  return lines.join('\n');
}

function limitsText({ metadata, dataset, warnings }: ModelCard, images: number): string {
  const [height, width] = metadata.imageSize;
  return [
    `- It knows the ${dataset.classes} classes of ${dataset.name} and no others: every image is put into one of them, whatever it shows.`,
    `- It was trained on images of ${height}×${width} pixels; details below that size are lost.`,
    '- Its probabilities are not calibrated.',
    `- Its accuracy was measured on ${number(images)} images of the same source as the training images; on others it is usually lower.`,
    ...warnings.map((warning) => `- The run warned: ${warning}`),
  ].join('\n');
}
