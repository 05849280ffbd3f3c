import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { RcmError } from '@rcm/telemetry';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { portalHosts, type PortalHosts } from './portal-hosts.ts';
import { configurationSchema } from './configuration.ts';
import type { EnvironmentConfiguration } from './schema.ts';

/** One environment as it is deployed: its part of `infra.yaml`, and what its portal types say. */
export interface Environment extends EnvironmentConfiguration {
  readonly name: string;
  readonly portals: PortalHosts;
}

/** After an error in what is no YAML others follow that are none. */
const MOST_ERRORS = 10;
/** What the parser says where it is at its end. */
const TOO_DEEP = 'Maximum call stack size exceeded';

/** Reads `infra.yaml` and the portal types that it names. Fails with `config_invalid`, one line per problem; nothing is written then. */
export function readConfiguration(file: string): readonly Environment[] {
  const document = parseDocument(text(file), { uniqueKeys: true });
  const wrong = document.errors
    .slice(0, MOST_ERRORS)
    .map(({ message }) => (message.split('\n')[0] ?? '').replace(/:$/, '').replace(TOO_DEEP, 'nested too deeply'));
  if (wrong.length > 0) throw unusable(file, wrong);
  const written: unknown = document.toJS();
  const parsed = configurationSchema.safeParse(written);
  if (!parsed.success)
    throw unusable(
      file,
      parsed.error.issues.map((issue) => inWords(issue, written)),
    );
  const problems: string[] = [];
  const environments = Object.entries(parsed.data.environments).map(([name, environment]): Environment => {
    const portals = portalHosts(environment.portalTypes.map((each) => resolve(dirname(file), each)));
    problems.push(...portals.problems.map((problem) => `environments.${name}.portalTypes: ${problem}`));
    return { ...environment, name, portals: portals.hosts };
  });
  if (problems.length > 0) throw unusable(file, problems);
  return environments;
}

/** One line; the schema's own words for what is missing are about types. */
function inWords({ path, message }: z.core.$ZodIssue, written: unknown): string {
  const there = path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | null | undefined)?.[key], written);
  const said = there === undefined ? 'is missing' : message;
  return `${path.join('.') || '(the whole)'}: ${said.replace(/\s*\n\s*/g, '; ')}`;
}

function text(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? 'error';
    // Whole: run by Nx, a path begins in this project's folder, wherever somebody stands.
    throw new RcmError('config_invalid', `${resolve(file)} cannot be read (${why}): name the configuration by --config. Nothing was written.`, { cause });
  }
}

const unusable = (file: string, problems: readonly string[]): RcmError =>
  new RcmError('config_invalid', [`${file} is not usable:`, ...problems.map((problem) => `  ${problem}`), 'Nothing was written.'].join('\n'));
