import { createLogger } from '@rcm/telemetry';
import { isLongForm } from '@rcm/test-services';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BrowserPool, createBrowserPool } from '../index.ts';
import { generatedList } from './generated-list.fixture.ts';
import { ListReader } from './list-reader.fixture.ts';
import { type ListServer, serveLists } from './list-server.fixture.ts';

let pool: BrowserPool;
let server: ListServer;
beforeAll(async () => {
  pool = createBrowserPool({ maxContexts: 2, logger: createLogger({ name: 'test', level: 'silent' }), executablePath: process.env.RCM_CHROMIUM_PATH });
  server = await serveLists(generatedList);
});
afterAll(async () => {
  await pool.close();
  await server.close();
});

/** What can be read has the time for it on a machine that is slow; what nobody can read is looked at for so long. */
const PATIENT_MS = 60_000;
const UNREADABLE_MS = 2_500;

const lists = Array.from({ length: isLongForm() ? 300 : 10 }, (_, seed) => generatedList(seed));

it(`of ${lists.length} lists in the manner of payers, each is read right, or not at all where nobody can tell what is right`, async () => {
  const patient = new ListReader({ server, browser: pool, lists, stepDeadlineMs: PATIENT_MS });
  const brief = new ListReader({ server, browser: pool, lists, stepDeadlineMs: UNREADABLE_MS });
  const wrong: string[] = [];
  for (const { seed, about, truth } of lists) {
    const outcome = await (truth === null ? brief : patient).read(seed);
    const read = outcome.kind === 'found' ? outcome.rows : null;
    if (JSON.stringify(read) !== JSON.stringify(truth)) wrong.push(`${about}: ${JSON.stringify(outcome)} instead of ${JSON.stringify(truth)}`);
  }
  await Promise.all([patient.close(), brief.close()]);
  expect(wrong).toEqual([]);
}, 3_600_000);

it('some of them can be read, and some cannot', () => {
  const readable = lists.filter(({ truth }) => truth !== null).length;
  expect(readable).toBeGreaterThan(lists.length / 3);
  expect(readable).toBeLessThan((2 * lists.length) / 3);
});
