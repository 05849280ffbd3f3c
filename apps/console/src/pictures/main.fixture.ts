import { startEmbeddedPostgres } from '@rcm/test-services';
import { fileURLToPath } from 'node:url';
import { makePictures } from './make.fixture.ts';

/** `npm run screenshots`: makes the pictures of docs/console.md again, over a Postgres of its own that is gone afterwards. */
const FOLDER = fileURLToPath(new URL('../../../../docs/console', import.meta.url));

const postgres = await startEmbeddedPostgres();
try {
  for (const { name } of await makePictures(FOLDER, { server: postgres.url })) process.stdout.write(`docs/console/${name}\n`);
} finally {
  await postgres.stop();
}
