import { afterEach, beforeEach, vi } from 'vitest';

/** What the commands of a test write, in place of the terminal. */
export interface Heard {
  /** On stderr. */
  said: string;
  /** On stdout. */
  printed: string;
  /** Begins anew; every test does. */
  listen(): void;
}

/** Keeps what the commands of this file's tests write. Call it once, at the top. */
export function heard(): Heard {
  const all: Heard = {
    said: '',
    printed: '',
    listen() {
      all.said = all.printed = '';
      vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((all.said += String(text)), true));
      vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((all.printed += String(text)), true));
    },
  };
  beforeEach(() => {
    all.listen();
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });
  return all;
}
