/**
 * Loaded before an app's `main.ts` (`node --import`): once the app has nothing left to do, it lets a real unique violation of Postgres
 * escape, as a rejection that nobody handles or as an exception that nobody catches.
 */
import { openClient } from '../database/client.ts';

const { RCM_TEST_VIOLATION_URL: url = '', RCM_TEST_VIOLATION_ROW: row = '', RCM_TEST_VIOLATION_AS: as = '' } = process.env;

async function violate(): Promise<void> {
  await using client = await openClient(url);
  await client.query('CREATE TEMPORARY TABLE note (text text UNIQUE)');
  for (let time = 0; time < 2; time += 1) await client.query('INSERT INTO note VALUES ($1)', [row]);
}

process.once('beforeExit', () => {
  if (as === 'rejection') void violate();
  else
    violate().catch((error: unknown) =>
      setImmediate(() => {
        throw error;
      }),
    );
});
