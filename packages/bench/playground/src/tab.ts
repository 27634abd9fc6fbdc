/** Held by the tab whose run the browser keeps: two tabs would overwrite each other's. Tabs that hold a lock are not frozen, either. */
const LOCK = 'distilljs-playground run';

/** Milliseconds: on a reload the tab itself may still hold the lock. */
const PATIENCE = 1000;

/**
 * Makes this tab the one that keeps a run, as long as it is open.
 *
 * @returns whether it is; also where the browser cannot tell
 */
export async function claimRun(): Promise<boolean> {
  const { locks } = navigator as { readonly locks?: LockManager };
  if (locks === undefined) return true;
  return await new Promise((resolve) => {
    const held = locks.request(LOCK, { signal: AbortSignal.timeout(PATIENCE) }, () => {
      resolve(true);
      return new Promise<never>(() => undefined);
    });
    held.catch((error: unknown) => {
      // Without its storage a page has no locks either: what that means is found when it stores.
      resolve(!(error instanceof DOMException && error.name === 'TimeoutError'));
    });
  });
}
