import type { RecipeProblem } from '@rcm/portal-drivers';
import { jsonLine } from '@rcm/telemetry/json-shape';
import { lintFile, problemLine } from '../recipe-file.ts';

/** `portal lint`: every problem of every file, with its place. Returns the exit code. Fails with `input_invalid` where a file cannot be read. */
export async function lintCommand(stdout: NodeJS.WriteStream, files: readonly string[], options: { readonly json: boolean }): Promise<number> {
  const problems: RecipeProblem[] = [];
  for (const file of files) problems.push(...(await lintFile(file)).problems);
  const words =
    problems.length === 0 ? `${files.length === 1 ? 'The recipe is' : `All ${files.length} recipes are`} usable.` : problems.map(problemLine).join('\n');
  stdout.write(options.json ? jsonLine({ files, problems }) : `${words}\n`);
  return problems.length === 0 ? 0 : 1;
}
