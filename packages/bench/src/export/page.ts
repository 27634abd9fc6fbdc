import escapeHtml from 'escape-html';

/** Files of tfjs that the page loads, from these packages' `dist`. */
export const PAGE_LIBRARIES = {
  '@tensorflow/tfjs-core': ['tf-core.min.js'],
  '@tensorflow/tfjs-layers': ['tf-layers.min.js'],
  '@tensorflow/tfjs-backend-cpu': ['tf-backend-cpu.min.js'],
  '@tensorflow/tfjs-backend-wasm': [
    'tf-backend-wasm.min.js',
    'tfjs-backend-wasm.wasm',
    'tfjs-backend-wasm-simd.wasm',
    'tfjs-backend-wasm-threaded-simd.wasm',
  ],
} as const;

/** The folder of these files, beside the page. */
export const LIBRARY_FOLDER = 'tfjs';

/** Content security policy: the page loads only files from its own folder. */
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; img-src 'self' blob: data:; style-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'none'";

/** A page that classifies an image dropped on it. */
export function pageHtml(title: string): string {
  const libraries = Object.values(PAGE_LIBRARIES)
    .flat()
    .filter((file) => file.endsWith('.js'));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="page.css">
${libraries.map((file) => `<script defer src="${LIBRARY_FOLDER}/${file}"></script>`).join('\n')}
<script defer src="page.js"></script>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<label id="drop" for="file">Drop an image here, or <span>choose one</span>
<input id="file" type="file" accept="image/*"></label>
<img id="shown" alt="The image to classify" hidden>
<p id="status" role="status">Loading the model…</p>
<ol id="classes"></ol>
</main>
</body>
</html>
`;
}

export const PAGE_STYLE = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 40rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.3rem; }
#drop { display: block; border: 2px dashed #888; border-radius: 0.5rem; padding: 3rem 1rem; text-align: center; cursor: pointer; }
#drop.over { border-color: #06c; }
#drop:focus-within { outline: 3px solid #06c; }
#drop span { text-decoration: underline; }
#file { position: absolute; opacity: 0; width: 1px; height: 1px; }
#shown { max-width: 100%; max-height: 20rem; margin-top: 1rem; }
#classes meter { width: 8rem; margin-right: 0.5rem; vertical-align: middle; }
`;

/** Plain JavaScript on plain tfjs, as a starting point for other pages. */
export const PAGE_SCRIPT = String.raw`'use strict';
/* Reads how images are to be prepared from the model's own metadata, and classifies with plain tfjs. */
const byId = (id) => document.getElementById(id);
const say = (text) => { byId('status').textContent = text; };

/** [size, available]: each row averages the old pixels that one new pixel stands for (a triangle filter). */
function filterMatrix(from, length, size, available) {
  const scale = length / size;
  const support = Math.max(1, scale);
  return tf.tensor2d(Array.from({ length: size }, (_, place) => {
    const centre = from + (place + 0.5) * scale;
    const weights = Array.from({ length: available }, (_, at) => Math.max(0, 1 - Math.abs(at + 0.5 - centre) / support));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return weights.map((weight) => weight / sum);
  }));
}

/** [height, width, channels] to [newHeight, newWidth, channels], from a box of the image. */
function resample(image, box, height, width) {
  const [rows, columns, channels] = image.shape;
  const lines = tf.reshape(image, [rows, columns * channels]);
  const down = tf.reshape(tf.matMul(filterMatrix(box.top, box.height, height, rows), lines), [height, columns, channels]);
  const turned = tf.reshape(tf.transpose(down, [1, 0, 2]), [columns, height * channels]);
  const across = tf.matMul(filterMatrix(box.left, box.width, width, columns), turned);
  const whole = tf.transpose(tf.reshape(across, [width, height, channels]), [1, 0, 2]);
  return tf.clipByValue(tf.floor(tf.add(whole, 0.5)), 0, 255);
}

function fit(image, height, width, how) {
  const [rows, columns] = image.shape;
  if (rows === height && columns === width) return image;
  const whole = { left: 0, top: 0, height: rows, width: columns };
  if (how === 'stretch') return resample(image, whole, height, width);
  if (how === 'letterbox') {
    const scale = Math.min(width / columns, height / rows);
    const inner = [Math.min(height, Math.max(1, Math.round(rows * scale))), Math.min(width, Math.max(1, Math.round(columns * scale)))];
    const [top, left] = [Math.floor((height - inner[0]) / 2), Math.floor((width - inner[1]) / 2)];
    return tf.pad(resample(image, whole, inner[0], inner[1]), [[top, height - inner[0] - top], [left, width - inner[1] - left], [0, 0]]);
  }
  const scale = Math.max(width / columns, height / rows);
  const [cutHeight, cutWidth] = [height / scale, width / scale];
  return resample(image, { top: (rows - cutHeight) / 2, left: (columns - cutWidth) / 2, height: cutHeight, width: cutWidth }, height, width);
}

/** The pixels of an image on white, with the channels that the network takes. */
function pixelsOf(bitmap, channels) {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (channels !== 'rgba') {
    context.fillStyle = 'white';
    context.fillRect(0, 0, canvas.width, canvas.height);
  }
  context.drawImage(bitmap, 0, 0);
  const data = context.getImageData(0, 0, canvas.width, canvas.height);
  const rgba = tf.cast(tf.browser.fromPixels(data, 4), 'float32');
  if (channels === 'rgba') return rgba;
  const rgb = tf.slice(rgba, [0, 0, 0], [-1, -1, 3]);
  return channels === 'grey' ? tf.round(tf.sum(tf.mul(rgb, tf.tensor1d([0.299, 0.587, 0.114])), -1, true)) : rgb;
}

async function classify(model, metadata, blob) {
  const bitmap = await createImageBitmap(blob, { colorSpaceConversion: 'none' });
  const [height, width] = metadata.imageSize;
  const { mean, std } = metadata.normalization;
  const output = tf.tidy(() => {
    const image = fit(pixelsOf(bitmap, metadata.channels), height, width, metadata.resize);
    const input = tf.div(tf.sub(tf.div(image, metadata.scale), mean), std);
    const values = model.predict(tf.expandDims(input, 0));
    return metadata.output === 'logits' ? tf.softmax(values) : values;
  });
  bitmap.close();
  const probabilities = await output.data();
  output.dispose();
  return Array.from(probabilities, (probability, index) => ({
    name: metadata.classNames ? metadata.classNames[index] : String(index),
    probability,
  })).sort((a, b) => b.probability - a.probability).slice(0, 5);
}

function show(classes) {
  byId('classes').replaceChildren(...classes.map(({ name, probability }) => {
    const [entry, meter] = [document.createElement('li'), document.createElement('meter')];
    meter.value = probability;
    entry.append(meter, name + ' ' + (100 * probability).toFixed(1) + ' %');
    return entry;
  }));
}

async function engine() {
  try {
    tf.wasm.setWasmPaths(new URL('tfjs/', document.baseURI).href);
    if (await tf.setBackend('wasm')) return;
  } catch { /* The plain engine remains. */ }
  await tf.setBackend('cpu');
}

async function start() {
  if (location.protocol === 'file:') throw new Error('open this page through a web server, e.g. npx http-server in this folder');
  await engine();
  const model = await tf.loadLayersModel('model.json');
  const { distilljs: metadata } = model.getUserDefinedMetadata();
  const take = async (blob) => {
    try {
      if (!blob) throw new Error('that was no image file');
      say('Classifying…');
      byId('classes').replaceChildren();
      byId('shown').src = URL.createObjectURL(blob);
      byId('shown').hidden = false;
      show(await classify(model, metadata, blob));
      say('Classified with ' + tf.getBackend() + '.');
    } catch (error) {
      say('This cannot be classified: ' + error.message);
    }
  };
  const drop = byId('drop');
  byId('file').addEventListener('change', (event) => take(event.target.files[0]));
  for (const name of ['dragover', 'dragleave', 'drop'])
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle('over', name === 'dragover');
      if (name === 'drop') take(event.dataTransfer.files[0]);
    });
  say('Ready.');
}

start().catch((error) => say('The model could not be loaded: ' + error.message));
`;
