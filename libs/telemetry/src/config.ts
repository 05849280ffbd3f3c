import { z } from 'zod';
import { readFileSync } from 'node:fs';
import { RcmError } from './error.ts';

/**
 * Reads a process's configuration once: `NAME` or, for what must not be in the environment, `NAME_FILE` naming a file that
 * holds it. Fails with `config_invalid` and one readable line per problem; a value is never repeated in the message.
 */
export function readConfig<S extends z.ZodType>(schema: S, environment: Readonly<Record<string, string | undefined>>): z.infer<S> {
  const problems: string[] = [];
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || value === '') continue;
    if (!name.endsWith('_FILE')) values[name] = value;
  }
  for (const [name, file] of Object.entries(environment)) {
    if (!name.startsWith('RCM_') || !name.endsWith('_FILE') || !file) continue;
    try {
      values[name.slice(0, -'_FILE'.length)] = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
    } catch (cause) {
      problems.push(`${name}: the file it names cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'error'})`);
    }
  }
  const parsed = schema.safeParse(values);
  if (!parsed.success) problems.push(...parsed.error.issues.map((issue) => `${issue.path.join('.') || 'configuration'}: ${issue.message}`));
  if (problems.length > 0 || !parsed.success) throw new RcmError('config_invalid', ['The configuration is not usable:', ...problems.map((p) => `  ${p}`)].join('\n'));
  return parsed.data;
}
