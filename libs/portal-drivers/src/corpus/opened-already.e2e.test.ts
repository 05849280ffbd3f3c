import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { corpusRecipe, type CorpusRecipeOptions } from './corpus-recipe.fixture.ts';
import { CorpusRun } from './corpus-run.fixture.ts';

let run: CorpusRun;
beforeAll(async () => {
  run = await CorpusRun.start();
});
afterEach(() => run.clear());
afterAll(() => run.close());

/** The pages that the portal gave out for a change, and whether it took it. */
async function changed(options: CorpusRecipeOptions): Promise<{ readonly loaded: readonly string[]; readonly outcome: unknown; readonly posts: number }> {
  const session = await run.session(corpusRecipe(options));
  await run.login(session);
  const before = run.portal.seen.length;
  const outcome = await run.change(session);
  const loaded = run.portal.seen.slice(before).flatMap(({ method, url }) => (method === 'GET' ? [url] : []));
  return { loaded, outcome, posts: run.portal.seen.slice(before).length - loaded.length };
}

describe('the page where a change begins with a press', () => {
  const applied = { kind: 'applied', submitted: true };

  it('is not loaded again where it is open', async () => {
    expect(await changed({ changeFrom: 'home/-' })).toEqual({ loaded: ['/pages/change/applied'], outcome: applied, posts: 1 });
  });

  it('is loaded where another one is open, though that shows the same', async () => {
    expect(await changed({ changeFrom: 'home/other' })).toEqual({ loaded: ['/pages/home/other', '/pages/change/applied'], outcome: applied, posts: 1 });
  });

  it('is loaded after all where the press led nowhere', async () => {
    const { loaded, outcome, posts } = await changed({ login: 'login/accepted-deaf', changeFrom: 'home/deaf', stepDeadlineMs: 5_000 });
    expect({ loaded, outcome, posts }).toEqual({ loaded: ['/pages/home/deaf', '/pages/change/applied'], outcome: applied, posts: 1 });
  });

  it('is opened as ever where the change begins with its form', async () => {
    expect(await changed({})).toEqual({ loaded: ['/pages/change/applied'], outcome: applied, posts: 1 });
  });
});
