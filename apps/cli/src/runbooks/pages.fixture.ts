import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..', '..', '..');

/** A runbook's commands: what to do, and what says that it is over. */
export interface RunbookPage {
  readonly name: string;
  readonly todo: readonly string[];
  readonly over: readonly string[];
}

const commandsOf = (text: string): readonly string[] => [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) => block.trim().split('\n'));
/** Every runbook, by its name. */
export const runbookPages: readonly RunbookPage[] = globSync('docs/runbooks/*.md', { cwd: ROOT })
  .filter((path) => /\/[a-z-]+\.md$/.test(path))
  .sort()
  .map((path) => {
    const [todo = '', over = ''] = readFileSync(join(ROOT, path), 'utf8').split('\n## Over when\n');
    return { name: basename(path, '.md'), todo: commandsOf(todo), over: commandsOf(over) };
  });

/** Whether no page before this one has the command in the same part. */
export const isFirstTold = ({ name }: RunbookPage, part: 'todo' | 'over', command: string): boolean =>
  runbookPages.find((page) => page[part].includes(command))?.name === name;
