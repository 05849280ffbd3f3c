import { writeFile } from 'node:fs/promises';
import { recipeJsonSchema } from './schema-file.ts';

/** `npm run schema -w @rcm/portal-drivers`: writes the JSON Schema file that editors use and that a test keeps in step. */
await writeFile(new URL('../../recipe.schema.json', import.meta.url), `${JSON.stringify(recipeJsonSchema(), null, 2)}\n`);
