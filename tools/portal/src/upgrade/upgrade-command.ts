import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { upgradeRecipe } from '@rcm/portal-drivers';
import { jsonLine } from '@rcm/telemetry/json-shape';
import { RcmError } from '@rcm/telemetry';

interface Rewritten {
  readonly file: string;
  /** `null`: it was version 2 already. */
  readonly changes: readonly string[] | null;
}

/**
 * `portal upgrade`: rewrites recipes of version 1 as version 2, in their files. All are looked at before the first is written. Returns the exit code. Fails with
 * `input_invalid` where a file cannot be read or written, and with `recipe_invalid` where a recipe cannot be rewritten; then the other files are as they were.
 */
export async function upgradeCommand(stdout: NodeJS.WriteStream, files: readonly string[], options: { readonly json: boolean }): Promise<number> {
  const upgraded = await Promise.all(files.map(async (file) => ({ file, made: upgradeRecipe(await read(file), { file }) })));
  for (const { file, made } of upgraded) if (made) await replace(file, made.text);
  const recipes = upgraded.map(({ file, made }): Rewritten => ({ file, changes: made?.changes ?? null }));
  stdout.write(options.json ? jsonLine({ recipes }) : recipes.map(words).join(''));
  return 0;
}

function words({ file, changes }: Rewritten): string {
  if (changes === null) return `${file}: is version 2 already.\n`;
  return [`${file}: rewritten as version 2.`, ...changes.map((change) => `  ${change}`)].map((line) => `${line}\n`).join('');
}

const read = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((cause: unknown) => Promise.reject(broken(file, 'read', cause as NodeJS.ErrnoException)));

/** The old text is there until the new one is whole. */
async function replace(file: string, text: string): Promise<void> {
  const beside = `${file}.${randomUUID()}`;
  try {
    const { mode } = await stat(file);
    await writeFile(beside, text, { flag: 'wx', mode: mode & 0o777 });
    await rename(beside, file);
  } catch (cause) {
    await rm(beside, { force: true });
    throw broken(file, 'written', cause as NodeJS.ErrnoException);
  }
}

const broken = (file: string, done: 'read' | 'written', cause: NodeJS.ErrnoException): RcmError =>
  new RcmError('input_invalid', `The recipe ${file} cannot be ${done} (${cause.code ?? 'error'}).`, { cause });
