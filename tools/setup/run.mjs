/**
 * What every script of package.json runs: sets this clone up as far as needed, then runs the command in the foreground.
 * Works on the machine's own Node (20 or newer) without any dependency installed. All its own words go to stderr.
 */
import { npmAncestors } from './ancestors.mjs';
import { runInForeground } from './child.mjs';
import { ClearError, sentenceFor } from './clear-error.mjs';
import { commandNamed } from './commands.mjs';
import { prepare } from './prepare.mjs';

const [name = '', ...args] = process.argv.slice(2);
try {
  // Taken first: an npm that is killed during set-up is missed afterwards.
  const ancestors = npmAncestors();
  const command = commandNamed(name);
  const { node, env } = await prepare({ browser: command.browser });
  process.exitCode = await runInForeground({ node, file: command.file, args: [...command.args, ...args], cwd: command.cwd, env }, ancestors);
} catch (error) {
  process.stderr.write(`${sentenceFor(error) ?? (error instanceof Error ? error.stack : error)}\n`);
  process.exitCode = error instanceof ClearError ? error.exitCode : 1;
}
