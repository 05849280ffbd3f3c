import { writeSync } from 'node:fs';

/**
 * For when what a command says reaches nobody: a full disk, or a reader that has gone. The act goes on to its end, as it may be half done, and then that is said and the
 * exit code is 1; 2 is a program's own word for what it could not write. Loads nothing, so that it guards what is answered first.
 */
export function guardOutput(): void {
  let lost: string | null = null;
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => (lost ??= code ?? 'error'));
  process.on('exit', () => {
    if (lost === null || process.exitCode === 2) return;
    process.exitCode = 1;
    writeSync(2, `What the command said could not be written (${lost}). What it was told to do is done as far as it could be: look before you repeat it.\n`);
  });
}
