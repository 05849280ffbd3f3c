import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode, Secret } from '@rcm/telemetry';
import { backend, isLongForm } from '@rcm/test-services';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rewriteStorage, type StorageRewrite } from './rewrite.ts';
import { isTriedOnAChange, type Login, LOGINS, makeLogins, type State, STATES } from './rewrite-claims.fixture.ts';
import { checkRewriteRights } from './rewrite-rights.ts';
import { fingerprintOf } from './row.fixture.ts';
import { scrubEndpoint } from './scrub.ts';
import { startStorageServer, type StorageServer } from './storage-server.fixture.ts';

const HOUR = 3_600_000;
/** Logins whose plaintext goes: enough for several segments of WAL. */
const REMOVED = 4;
/** What cannot be compressed. */
const bulk = (): string => randomBytes(200_000).toString('base64');

const DOCS = readFileSync(join(import.meta.dirname, '../../../../docs/rewrite-claims.md'), 'utf8');
/** The table as it stands in the docs: what is claimed, by state of the server and by login. */
const TABLE = new Map(
  DOCS.split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .map(([state = '', ...said]) => [state, said]),
);
const inDocs = (login: Login, state: State): string | undefined => TABLE.get(state.name)?.[LOGINS.indexOf(login)];

describe.runIf(backend() === 'embedded')(
  'what scrub claims of the rewrite is what a search of all files finds (needs a server whose settings, roles and data folder are its own: embedded only)',
  { timeout: 900_000 },
  () => {
    let s: StorageServer;
    beforeAll(async () => {
      s = await startStorageServer();
      await makeLogins(s);
    }, 120_000);
    afterAll(() => s.close());
    let count = 0;

    async function remove(): Promise<string> {
      const mark = `MARK${randomBytes(12).toString('base64url')}`;
      count += 1;
      for (let n = 0; n < REMOVED; n += 1) {
        const id = `e${count}-${n}`;
        await s.plant(id, `${mark}-${bulk()}`);
        expect(await scrubEndpoint(s.db, { endpointId: id, orgId: 'org', proofMaxAgeMs: HOUR, fingerprintOf })).toBe('scrubbed');
      }
      await s.sql.query('CHECKPOINT');
      // The judge sees what there is to see.
      expect(await s.filesWith(mark)).not.toEqual([]);
      return mark;
    }

    const words = ({ walClean }: StorageRewrite): string => (walClean ? 'nothing left' : 'not in tables');
    const refusal = (error: unknown): string => {
      if (hasCode(error, 'config_invalid')) return 'refused: rights';
      if (hasCode(error, 'state_conflict')) return 'refused: kept';
      throw error;
    };

    /** What is said, after every claim was held against the files. */
    async function saidOf(login: Login, { server, begin, then }: State): Promise<string> {
      const url = s.url.replace('postgres:local@', `${login.role}:local@`);
      const undo = await begin?.(s);
      try {
        const mark = await remove();
        await then?.(s, () => rewriteStorage({ url: s.url }), mark);
        const before = await checkRewriteRights({ url, server }).then(() => null, refusal);
        // Whoever is refused is not believed either, had it gone on. Only then is it known not to come to an end.
        const asked = rewriteStorage({ url, server, gone: [new Secret(mark)], ...(before === null ? {} : { deadlineMs: 1_000 }) });
        const claimed = await (before === null ? asked : asked.catch(() => null));
        if (claimed) {
          await s.sql.query('CHECKPOINT');
          const found = await s.filesWith(mark);
          expect(claimed.walClean ? found : found.filter((path) => !path.startsWith('pg_wal/'))).toEqual([]);
        }
        return before ?? (claimed ? words(claimed) : 'nothing is said');
      } finally {
        await undo?.();
      }
    }

    const isTried = (login: Login, state: State): boolean => isLongForm() || isTriedOnAChange(login, state);
    test.each(LOGINS.flatMap((login) => STATES.filter((state) => isTried(login, state)).map((state) => ({ login, state }))))(
      '$login.name, $state.name',
      async ({ login, state }) => {
        expect(await saidOf(login, state)).toBe(inDocs(login, state));
      },
    );
  },
);
