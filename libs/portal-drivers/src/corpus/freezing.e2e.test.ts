import { createLogger, Secret } from '@rcm/telemetry';
import { isLongForm } from '@rcm/test-services';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BrowserPool, createBrowserPool, createRecipeDriver, type Evidence } from '../index.ts';
import { corpusRecipe } from './corpus-recipe.fixture.ts';
import { type CorpusServer, startCorpus } from './corpus.fixture.ts';

/** Hyphens and a blank, as generated passwords have them. */
const PASSWORD = '-----Tr0ub4 dor----3-';

let portal: CorpusServer;
let pool: BrowserPool;
beforeAll(async () => {
  portal = await startCorpus();
  pool = createBrowserPool({ maxContexts: 1, logger: createLogger({ name: 'test', level: 'silent' }), executablePath: process.env.RCM_CHROMIUM_PATH });
});
afterAll(() => Promise.all([pool.close(), portal.close()]));

const KINDS = ['separators', 'hyphens', 'blanks', 'percents', 'entities', 'backslashes', 'letters', 'secret', 'title', 'address'];
const ON_CHANGE = ['hyphens', 'entities', 'secret', 'address'];

it.each(isLongForm() ? KINDS : ON_CHANGE)(
  'a page with a megabyte of %s holds up neither a login nor its evidence, and the evidence has no secret',
  async (kind) => {
    const kept: Evidence[] = [];
    const driver = createRecipeDriver({
      recipe: corpusRecipe({ login: `freezing/${kind}`, stepDeadlineMs: 1_500 }),
      hosts: [{ host: portal.host, address: 'loopback' }],
      browser: pool,
      evidence: { when: 'unclear', keep: (evidence) => void kept.push(evidence) },
    });
    const signal = new AbortController().signal;
    const session = await driver.openSession({ baseUrl: portal.origin, signal });
    const credential = { username: new Secret('somebody'), password: new Secret(PASSWORD), custom: {} };
    const { outcome } = await session.login({ credential, totp: null, beforeSubmit: async () => undefined, deadlineMs: 60_000, signal });
    await session.close();
    expect(outcome.kind).toBe('unknown');
    expect(kept).toMatchObject([{ act: 'login', ended: 'unknown' }]);
    expect(JSON.stringify(kept)).not.toContain(PASSWORD);
    if (kind === 'secret') expect(kept[0]?.text).toContain('[secret]');
  },
  120_000,
);
