import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { payloadJsonSchema } from '../src/payload.ts';

/** `npm run schema`: writes `payload.schema.json` anew after the payload's schema was changed; a test refuses one that is not in step. */
writeFileSync(join(import.meta.dirname, '..', 'payload.schema.json'), `${JSON.stringify(payloadJsonSchema(), null, 2)}\n`);
