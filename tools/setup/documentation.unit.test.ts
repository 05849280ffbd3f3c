import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const pages = (folder: string): readonly string[] => readdirSync(join(root, folder)).filter((name) => name.endsWith('.md') && name !== 'README.md');
/** Every Markdown file that is in the repository, or would be. */
const markdown = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((path) => path !== '' && existsSync(join(root, path)));

/** Links to files of this repository, as they are written; without what is quoted as code. */
function linksOf(path: string): readonly string[] {
  const text = read(path)
    .replace(/^```.*?^```/gms, '')
    .replace(/`[^`\n]*`/g, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link ?? '').filter((link) => !/^[a-z]+:/.test(link));
}

/** As headings become anchors. */
const anchorsOf = (path: string): ReadonlySet<string> =>
  new Set(
    [...read(path).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
      (heading ?? '')
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );

const WIDEST = 120;
/** Written by programs, each held by a test of its own, but for SECURITY.md, whose one page is counted in lines. */
const NOT_WRAPPED: ReadonlySet<string> = new Set(['docs/access-matrix.md', 'docs/metrics.md', 'docs/payers.md', 'SECURITY.md']);

/** Lines of prose that are wider than that, though there is a place before it where they could end: not within code or a link. */
const tooWideIn = (path: string): readonly string[] =>
  read(path)
    .replace(/^ *```.*?^ *```$/gms, '')
    .split('\n')
    .filter((line) => line.length > WIDEST && !/^ *[|#<]/.test(line))
    .filter((line) => {
      const whole = line.replace(/`[^`]*`|!?\[[^[\]]*\]\([^()\s]*\)/g, (piece) => piece.replaceAll(' ', '_'));
      return whole.slice(0, WIDEST + 1).lastIndexOf(' ') > whole.search(/[^ \d.*-]/);
    });

describe('documentation', () => {
  it.each(markdown)('%s links to what is there', (path) => {
    const broken = linksOf(path).filter((link) => {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? path : join(dirname(path), decodeURIComponent(file));
      return !existsSync(join(root, target)) || (anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).has(anchor));
    });
    expect(broken).toEqual([]);
  });

  it.each(markdown.filter((path) => !NOT_WRAPPED.has(path)))('%s has its prose wrapped', (path) => {
    expect(tooWideIn(path)).toEqual([]);
  });

  it('has every page in its index', () => {
    const index = read('docs/README.md');
    expect(pages('docs').filter((name) => !index.includes(`](${name})`))).toEqual([]);
  });

  it('has every decision in its index, under the title that it has', () => {
    const index = read('docs/adr/README.md');
    const titled = pages('docs/adr').map((name) => {
      const title = read(`docs/adr/${name}`).split('\n')[0] ?? '';
      return `| [${Number(name.slice(0, 4))}](${name}) | ${title.replace(/^# \d+\.? /, '')} |`;
    });
    expect(titled.filter((line) => !index.includes(line))).toEqual([]);
  });

  it('draws the rotation as its table has it', () => {
    const table = read('libs/db/src/journal/transitions.ts');
    const states = [...(table.split('TRANSITIONS = {')[1] ?? '').split('\n} as const')[0]!.matchAll(/^ {2}([a-z]+): \{$/gm)].map(([, state]) => state);
    expect(states.length).toBeGreaterThan(4);
    expect(read('docs/design.md')).toContain(`\`${[...states, 'done'].join(' → ')}\``);
  });
});
