import { join } from 'node:path';
import { packLibrary } from '@rcm/pack';

/** `npm run pack`: prints the path of the tarball. */
process.stdout.write(`${packLibrary({ library: join(import.meta.dirname, '..'), node: '>=20' })}\n`);
