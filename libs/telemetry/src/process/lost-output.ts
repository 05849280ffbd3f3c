import { writeSync } from 'node:fs';

let isGuarded = false;

/**
 * For when what a process says reaches nobody: a full disk, or a reader that has gone. The act goes on to its end, as it may be half done. Where that was its result, on
 * stdout, it is said in the end and the exit code is 1; 2 is a program's own word for what it could not write. What is lost on stderr was said beside. Loads nothing, so
 * that it guards what is answered first; called again it does nothing.
 */
export function guardOutput(): void {
  if (isGuarded) return;
  isGuarded = true;
  let lost: string | null = null;
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => (lost ??= code ?? 'error'));
  process.stderr.on('error', () => undefined);
  process.on('exit', () => {
    if (lost === null || process.exitCode === 2) return;
    process.exitCode = 1;
    say(`What the command said could not be written (${lost}). What it was told to do is done as far as it could be: look before you repeat it.\n`);
  });
}

function say(sentence: string): void {
  try {
    writeSync(2, sentence);
  } catch {
    // Nobody hears that either; the exit code says it.
  }
}
