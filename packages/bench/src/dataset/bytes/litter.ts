/**
 * Folders that systems and network drives leave between a user's own: what archives of macOS bring, thumbnails and bins of NAS
 * (Synology's `@eaDir` holds smaller copies of every image beside it), bins and indexes of Windows, finds of a disk check.
 */
const LITTER =
  /^(?:__MACOSX|@eaDir|[@#]recycle|\$RECYCLE\.BIN|RECYCLER|System Volume Information|lost\+found)$/i;

/** Whether a file or folder of this name is none of a user's data: hidden, or left by a system. */
export const isLitter = (name: string): boolean => name.startsWith('.') || LITTER.test(name);
