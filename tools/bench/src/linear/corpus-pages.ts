import { readdir, readFile } from 'node:fs/promises';

/** Where the corpus of portal pages lies. */
export const CORPUS = new URL('corpus/pages/', import.meta.resolve('@rcm/portal-drivers'));

/** `NAME/ANSWER` of every page of the corpus: one for each kind that a page declares in an object called `kinds`, else one. */
export async function corpusPages(): Promise<string[]> {
  const names = async (folder: string): Promise<string[]> => {
    const entries = await readdir(new URL(folder, CORPUS), { withFileTypes: true });
    const below = await Promise.all(entries.filter((entry) => entry.isDirectory()).map((entry) => names(`${folder}${entry.name}/`)));
    return [...entries.filter((entry) => entry.name.endsWith('.html')).map((entry) => folder + entry.name.slice(0, -'.html'.length)), ...below.flat()];
  };
  const pages = await Promise.all(
    (await names('')).map(async (name) => {
      const [, kinds] = (await readFile(new URL(`${name}.html`, CORPUS), 'utf8')).split('const kinds = {');
      const answers = kinds === undefined ? ['3'] : [...(kinds.split('\n  };')[0] ?? '').matchAll(/^ {4}([a-z]+): /gm)].map(([, kind = '']) => kind);
      return answers.map((answer) => `${name.replaceAll('/', '.')}/${answer}`);
    }),
  );
  return pages.flat().sort();
}
