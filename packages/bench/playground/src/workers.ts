import deskAddress from './desk.ts?worker&url';
import jobAddress from './job.ts?worker&url';
import onlineAddress from './online.ts?worker&url';

/** The page's only threads that have images and models: one that trains, and one that does everything else. */
export const openDesk = (): Worker => sealed(deskAddress);
export const openJob = (): Worker => sealed(jobAddress);

/**
 * The policy of a page's `<meta>` does not bind a worker that is loaded from an address. One from a blob inherits it: this thread can
 * ask no other host for anything.
 */
function sealed(address: string, { Worker, Blob, URL }: Makers = window): Worker {
  const module = new URL(address, document.baseURI).href;
  const text = new Blob([`import ${JSON.stringify(module)};`], { type: 'text/javascript' });
  const url = URL.createObjectURL(text);
  const worker = new Worker(url, { type: 'module' });
  // It has its module once it says anything; failing, it is closed with the page.
  worker.addEventListener(
    'message',
    () => {
      URL.revokeObjectURL(url);
    },
    { once: true },
  );
  return worker;
}

type Makers = Pick<typeof globalThis, 'Worker' | 'Blob' | 'URL'>;

/** A thread that may ask the hosts of CLIP, and no other: those that the policy of `online.html` names. It has no other page. */
export async function openOnline(): Promise<{ readonly worker: Worker; close(): void }> {
  const frame = document.createElement('iframe');
  frame.hidden = true;
  frame.title = 'Where CLIP runs';
  frame.src = new URL('online.html', document.baseURI).href;
  await new Promise<void>((resolve) => {
    frame.addEventListener('load', () => {
      resolve();
    });
    document.body.append(frame);
  });
  const worker = sealed(onlineAddress, frame.contentWindow as Window & Makers);
  return {
    worker,
    close() {
      worker.terminate();
      frame.remove();
    },
  };
}
