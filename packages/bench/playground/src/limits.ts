/** Pixels of all images together that a tab of 4 GB holds: each worker has a copy beside what training itself takes. */
const MOST_BYTES = 256 * 2 ** 20;

/** How many square images of this edge fit. */
export const mostImages = (edge: number): number => Math.floor(MOST_BYTES / (edge * edge * 3));

/** Unpacked bytes of a zip that a tab holds at once. */
export const MOST_UNPACKED = 2 ** 30;

/** What browsers and engines say of memory that is not there. */
const NO_MEMORY = /allocation failed|out of memory|\(OOM\)|enlarge memory|could not allocate/i;

/** An error as a sentence for the visitor. */
export function sentenceOf(error: unknown): string {
  const words = error instanceof Error ? error.message : String(error);
  const { code, got } = error as { readonly code?: string; readonly got?: string };
  if (code === 'engine' && got?.startsWith('webgpu: ') === true)
    return `WebGPU does not work in this browser (${got.slice('webgpu: '.length)}). Continue with WebAssembly, or open the page in a browser with WebGPU.`;
  // Errors of ours say more than their words, and a way on.
  const isOurs = error instanceof Error && 'hint' in error;
  if (isOurs || !NO_MEMORY.test(words)) return words;
  return `There is not enough memory (${words}). Close other tabs and try again, or start a new run with fewer or smaller images, or a smaller student.`;
}
