/** An error of the operating system, e.g. a full disk: there is nothing to tell beyond its code and path. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string';
}

/** Such an error in one line. */
export function systemErrorText(
  { message, path }: NodeJS.ErrnoException,
  command: string | undefined,
): string {
  const place = path === undefined || message.includes(path) ? '' : ` '${path}'`;
  const next =
    command === 'run'
      ? ' Everything done is kept: once that is mended, the same command with --resume goes on.'
      : '';
  return `${message}${place}.${next}`;
}
