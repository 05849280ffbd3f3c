import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const PAGE = join(ROOT, 'docs', 'walk.md');
/** Only what hangs takes so long. */
const STEP_MS = 600_000;
/** Stands for any lines. */
const ANY = '…';

export interface Walked {
  /** The page as it would be with what was said now. */
  readonly page: string;
  /** Each command whose answer is not the page's, with both. */
  readonly differs: readonly { readonly command: string; readonly page: readonly string[]; readonly said: readonly string[] }[];
  /** Everything that was said, as it was. */
  readonly said: string;
}

/** Runs what stands below each `$` of docs/walk.md, in its order, and compares what is said with what stands there. */
export function walk(environment: NodeJS.ProcessEnv): Walked {
  const differs: Walked['differs'][number][] = [];
  const everything: string[] = [];
  const page = readFileSync(PAGE, 'utf8').replace(/(?<=^```console\n)[\s\S]*?(?=^```$)/gm, (block) =>
    stepsOf(block)
      .map(({ command, answer }) => {
        const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { cwd: ROOT, env: environment, encoding: 'utf8', timeout: STEP_MS });
        everything.push(stdout, stderr);
        const said = [...alike(stdout), ...(status === 0 ? [] : [`(exit code ${String(status)})`])];
        if (!matches(answer, said)) differs.push({ command, page: answer, said });
        return [`$ ${command}`, ...(answer.includes(ANY) && matches(answer, said) ? answer : said)].map((line) => `${line}\n`).join('');
      })
      .join(''),
  );
  return { page, differs, said: everything.join('') };
}

interface Step {
  readonly command: string;
  readonly answer: readonly string[];
}

function stepsOf(block: string): readonly Step[] {
  const steps: { command: string; answer: string[] }[] = [];
  for (const line of block.split('\n').slice(0, -1))
    if (line.startsWith('$ ')) steps.push({ command: line.slice(2), answer: [] });
    else steps.at(-1)?.answer.push(line);
  return steps;
}

/** Times, ports, ids and names of processes differ from run to run, and the widths of columns with them. */
const ALIKE: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID'],
  [/\b\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d+)?Z?/g, 'TIME'],
  [/\b(now|\d+ (s|min) ago)(?=[ :]|$)/g, 'N s ago'],
  [/\b\d+ (events|lines|heads)\b/g, 'N $1'],
  [/\bin \d+ min\b/g, 'in N min'],
  [/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT'],
  [/(rotator|web-agent|migrator)@[\w.:-]+/g, '$1@HOST'],
  [/person:os:[\w.@-]+/g, 'person:os:YOU'],
  [/ {2,}/g, '  '],
  [/ +$/g, ''],
];

const alike = (text: string): readonly string[] =>
  text === ''
    ? []
    : text
        .replace(/\n$/, '')
        .split('\n')
        .map((line) => ALIKE.reduce((said, [pattern, word]) => said.replace(pattern, word), line));

/** Line by line, with any lines where the page has `…`. */
function matches(page: readonly string[], said: readonly string[]): boolean {
  const pattern = page.map((line) => (line === ANY ? '(?:.*\\n)*' : `${line.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\n`)).join('');
  return new RegExp(`^${pattern}$`).test(said.map((line) => `${line}\n`).join(''));
}
