/** A place for checkpoints. */
export interface CheckpointStore {
  /** For messages, e.g. the folder's path. */
  readonly where: string;
  /** Names of what is stored, oldest first. */
  list(): Promise<readonly string[]>;
  read(name: string): Promise<Uint8Array>;
  /** All or nothing: a crash in the middle leaves what was there before. */
  write(name: string, bytes: Uint8Array): Promise<void>;
  remove(name: string): Promise<void>;
  /** Names of writes that a crash cut short, where the store can tell: nothing of them is used. */
  unfinished?(): Promise<readonly string[]>;
}
