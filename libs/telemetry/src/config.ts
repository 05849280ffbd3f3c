import { z } from 'zod';
import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { RcmError } from './error.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads a process's configuration once: `NAME` or, for what must not be in the environment, `NAME_FILE` naming a file that
 * holds it (one newline at its end is not part of the value). Empty means unset. Only files of names the schema knows are read.
 * What is not UTF-8 is refused: decoded regardless, a secret would be another one, and be sent.
 * Fails with `config_invalid` and one readable line per problem; a value is never repeated in the message.
 */
export function readConfig<S extends z.ZodType>(schema: S, environment: Environment): z.infer<S> {
  const { values, problems } = resolveFiles(environment, knownNames(schema));
  const parsed = parse(schema, values);
  const found = [...problems, ...parsed.problems.filter((problem) => !problems.some((p) => p.name === problem.name))];
  if (found.length === 0 && parsed.ok) return parsed.data;
  throw new RcmError(
    'config_invalid',
    [
      'The configuration is not usable; each variable is in docs/configuration.md:',
      ...found.map((p) => `  ${p.name}: ${p.text.replace(/\s*\n\s*/g, '; ')}`),
    ].join('\n'),
  );
}

interface Problem {
  readonly name: string;
  readonly text: string;
}

/** `null` where the schema does not tell its names (a transformed object): then every `RCM_*_FILE` counts. */
const knownNames = (schema: z.ZodType): ReadonlySet<string> | null => (schema instanceof z.ZodObject ? new Set(Object.keys(schema.shape)) : null);

function resolveFiles(environment: Environment, known: ReadonlySet<string> | null): { values: Record<string, string>; problems: Problem[] } {
  const { values, files } = byWhereItStands(environment, known);
  const isOurs = (name: string): boolean => known?.has(name) ?? name.startsWith('RCM_');
  const problems = Object.entries(values)
    .filter(([name, value]) => isOurs(name) && value.includes(FOR_NO_CHARACTER))
    .map(([name]): Problem => ({ name, text: 'is not UTF-8' }));
  for (const [name, file] of files) {
    if (values[name] !== undefined) problems.push({ name, text: `is set, and ${name}_FILE too; only one may be` });
    try {
      const bytes = readFileSync(file);
      if (!isUtf8(bytes)) {
        problems.push({ name, text: `the file that ${name}_FILE names is not UTF-8` });
        continue;
      }
      const text = bytes.toString('utf8').replace(/\r?\n$/, '');
      if (text === '') problems.push({ name, text: `the file that ${name}_FILE names is empty` });
      values[name] = text;
    } catch (cause) {
      problems.push({ name, text: `the file that ${name}_FILE names cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'error'})` });
    }
  }
  return { values, problems };
}

/** What Node has in the environment for bytes that are no character. */
const FOR_NO_CHARACTER = '\uFFFD';

/** What stands in the environment itself, and the files that it names, by the names of what they hold. */
function byWhereItStands(environment: Environment, known: ReadonlySet<string> | null) {
  const values: Record<string, string> = {};
  const files: [name: string, file: string][] = [];
  for (const [name, value] of Object.entries(environment)) {
    if (!value) continue;
    const target = name.slice(0, -'_FILE'.length);
    const namesFile = name.startsWith('RCM_') && name.endsWith('_FILE') && !known?.has(name);
    if (!namesFile) values[name] = value;
    else if (!known || known.has(target)) files.push([target, value]);
  }
  return { values, files };
}

type Parsed<T> = { readonly ok: true; readonly data: T; readonly problems: readonly Problem[] } | { readonly ok: false; readonly problems: readonly Problem[] };

function parse<S extends z.ZodType>(schema: S, values: Readonly<Record<string, string>>): Parsed<z.infer<S>> {
  try {
    const parsed = schema.safeParse(values);
    if (parsed.success) return { ok: true, data: parsed.data, problems: [] };
    return { ok: false, problems: parsed.error.issues.map((issue) => ({ name: String(issue.path[0] ?? 'configuration'), text: wording(issue, values) })) };
  } catch {
    // A transform that throws may quote the value in its message.
    return { ok: false, problems: [{ name: 'configuration', text: 'a value could not be converted' }] };
  }
}

const wording = (issue: z.core.$ZodIssue, values: Readonly<Record<string, string>>): string =>
  issue.code === 'invalid_type' && issue.path.length === 1 && values[String(issue.path[0])] === undefined ? 'is not set' : issue.message;
