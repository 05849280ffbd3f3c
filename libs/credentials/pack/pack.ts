import { join } from 'node:path';
import { packLibrary } from '@rcm/pack';

/** `npm run pack`: prints the path of the tarball. `@rcm/telemetry` is not published by itself: its code goes along. */
const library = join(import.meta.dirname, '..');
process.stdout.write(`${packLibrary({ library, alongside: join(library, '..', 'telemetry'), files: ['payload.schema.json'], node: '>=22.12' })}\n`);
