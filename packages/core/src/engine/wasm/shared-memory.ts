import { declareShared } from './declare-shared.js';

/** An export that identifies tfjs's wasm binaries among others that start at the same time. */
const TFJS_EXPORT = 'init_with_threads_count';

type Instantiate = (source: BufferSource, imports?: WebAssembly.Imports) => Promise<unknown>;

/**
 * Runs `start`, which starts tfjs's wasm backend, so that the backend's memory can be shared between threads.
 *
 * tfjs has a threaded binary, but not for Node, and it starts eight workers at once. This uses the other binary
 * and changes only the declaration of its memory before compilation ({@link declareShared}). tfjs has no hook
 * for that, so `WebAssembly.instantiate` is replaced during the call, with effect on this binary alone.
 */
export async function withSharedMemory<T>(start: () => Promise<T>): Promise<T> {
  const api = WebAssembly as unknown as Record<'instantiate' | 'instantiateStreaming', unknown>;
  const { instantiate, instantiateStreaming } = api;
  const shared: Instantiate = (source, imports) => {
    const bytes = ArrayBuffer.isView(source)
      ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
      : new Uint8Array(source);
    const declared = isTfjs(bytes) ? declareShared(bytes) : null;
    return (instantiate as Instantiate).call(WebAssembly, declared ?? source, imports);
  };
  api.instantiate = (source: BufferSource | WebAssembly.Module, imports?: WebAssembly.Imports) =>
    source instanceof WebAssembly.Module
      ? (instantiate as Instantiate).call(WebAssembly, source as never, imports)
      : shared(source, imports);
  if (instantiateStreaming !== undefined) {
    api.instantiateStreaming = async (
      response: Response | Promise<Response>,
      imports?: WebAssembly.Imports,
    ) => shared(await (await response).arrayBuffer(), imports);
  }
  try {
    return await start();
  } finally {
    Object.assign(api, { instantiate, instantiateStreaming });
  }
}

function isTfjs(binary: Uint8Array): boolean {
  const wanted = new TextEncoder().encode(TFJS_EXPORT);
  const [first = 0] = wanted;
  for (let at = binary.indexOf(first); at >= 0; at = binary.indexOf(first, at + 1)) {
    if (wanted.every((byte, offset) => binary[at + offset] === byte)) return true;
  }
  return false;
}

/** Why a memory cannot be shared between threads here, if so. */
export function sharedMemoryRefusal(): string | undefined {
  return typeof SharedArrayBuffer === 'undefined' ? 'the page is not cross-origin isolated' : undefined;
}
