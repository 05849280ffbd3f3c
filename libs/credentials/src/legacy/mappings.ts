import { readFileSync } from 'node:fs';
import { RcmError } from '@rcm/telemetry';
import { z } from 'zod';
import { parsePath } from './paths.ts';
import { LOGIN_FIELDS, type Vocabulary, vocabularyOf } from './vocabulary.ts';

const path = z.string().refine((text) => parsePath(text)?.every((step) => step !== '*' && step !== '[]') ?? false, 'must be a path such as settings.login');

/** What a file of mappings holds: what a company's own tables call things. JSON. */
const schema = z.strictObject({
  /** What a name of a field means: one of the payload's fields, or null for none. */
  names: z.record(z.string(), z.enum([...LOGIN_FIELDS, 'maybe_seed']).nullable()).optional(),
  /** Where in `config` a login lies that is not under `credentials`; the first that holds one counts. */
  places: z.array(path).max(50).optional(),
  /** Paths whose names only look like secrets. */
  not_secrets: z.array(z.string()).max(1000).optional(),
  /** Endpoints whose values look like none and are right all the same. */
  accepted: z.array(z.string()).max(10_000).optional(),
});

/** `named`: how people name the file. Fails with `input_invalid`: it cannot be read, or says something that is not known. */
export function readMappings(file: string | undefined, named = '--mappings'): Vocabulary {
  if (file === undefined) return vocabularyOf();
  const parsed = schema.safeParse(parse(file, named));
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`);
    throw new RcmError('input_invalid', `${named} ${file} cannot be used: ${problems.join('; ')}. Nothing was changed.`);
  }
  const { names, places, not_secrets: notSecrets, accepted } = parsed.data;
  return vocabularyOf({ ...(names ? { names } : {}), ...(places ? { places } : {}), ...(notSecrets ? { notSecrets } : {}), ...(accepted ? { accepted } : {}) });
}

function parse(file: string, named: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const why = error instanceof SyntaxError ? 'it is not JSON' : 'it cannot be opened';
    throw new RcmError('input_invalid', `${named} ${file} cannot be used: ${why}. Nothing was changed.`);
  }
}
