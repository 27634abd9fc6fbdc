/**
 * Folders that systems and network drives leave among a user's own: resource forks in macOS archives, thumbnails and recycle bins of
 * NAS, recycle bins and indexes of Windows, `lost+found`. Synology's `@eaDir` holds smaller copies of every image beside it.
 */
const LITTER =
  /^(?:__MACOSX|@eaDir|[@#]recycle|\$RECYCLE\.BIN|RECYCLER|System Volume Information|lost\+found)$/i;

/** Whether a file or folder of this name is not the user's data: hidden, or left by a system. */
export const isLitter = (name: string): boolean => name.startsWith('.') || LITTER.test(name);
