import { checkDatabase, databaseEnvironment, withDatabaseCa } from '@rcm/db';
import { checkListener, isProtected, metricsEnvironment, readConfig, Secret } from '@rcm/telemetry';
import { z } from 'zod';
import { parseGroups } from './access/groups.ts';

const milliseconds = (fallback: number, min: number, max: number) => z.coerce.number().int().min(min).max(max).default(fallback);
const asSecret = (text: string): Secret<string> => new Secret(text);
const DAY_MS = 86_400_000;

const schema = z
  .object({
    ...databaseEnvironment,
    ...metricsEnvironment,
    RCM_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
    RCM_HEALTH_PORT: z.coerce.number().int().min(0).max(65_535).default(8_085),
    RCM_HEALTH_HOST: z.string().default('127.0.0.1'),
    /** Where people's browsers reach it: scheme, host and port, no path. */
    RCM_CONSOLE_URL: z
      .url()
      .refine((text) => isProtected(text) && new URL(text).origin === text.replace(/\/$/, ''), 'must be https://HOST[:PORT], or http on this machine'),
    RCM_CONSOLE_PORT: z.coerce.number().int().min(0).max(65_535).default(8_084),
    RCM_CONSOLE_HOST: z.string().default('127.0.0.1'),
    RCM_CONSOLE_TLS_CERT: z.string().optional(),
    RCM_CONSOLE_TLS_KEY: z.string().transform(asSecret).optional(),
    RCM_CONSOLE_TLS_PROXY: z.enum(['yes'], 'must be yes, or unset').optional(),
    /** Who signs people in: the issuer's own name (`iss`). */
    RCM_CONSOLE_ISSUER: z.string().max(300).refine(isProtected, 'must be https, or http on this machine'),
    RCM_CONSOLE_CLIENT_ID: z.string().regex(/^[!-~]{1,200}$/),
    /** Unset: a public client, which PKCE alone protects. */
    RCM_CONSOLE_CLIENT_SECRET: z.string().min(16, 'must be at least 16 characters').transform(asSecret).optional(),
    RCM_CONSOLE_SCOPES: z
      .string()
      .default('openid profile')
      .refine((text) => text.split(' ').includes('openid'), 'must have openid among them'),
    /** Claim of the ID token that lists a person's groups. */
    RCM_CONSOLE_GROUPS_CLAIM: z.string().min(1).default('groups'),
    /** Which group has which role where: `GROUP=ROLE@ORGANIZATION`, `@*` for all, with commas between. */
    RCM_CONSOLE_ROLES: z.string().transform((text, problems) => {
      const parsed = parseGroups(text);
      if (typeof parsed !== 'string') return parsed;
      problems.addIssue({ code: 'custom', message: parsed });
      return z.NEVER;
    }),
    /** What the issuer must say of how the person signed in (`acr`; any one of `amr`). Unset: nothing is demanded. */
    RCM_CONSOLE_ACR: z.string().min(1).optional(),
    RCM_CONSOLE_AMR: z.string().min(1).optional(),
    RCM_CONSOLE_IDLE_MS: milliseconds(900_000, 60_000, DAY_MS),
    RCM_CONSOLE_SESSION_MS: milliseconds(28_800_000, 60_000, DAY_MS),
    /** Whether it shows, once, what two people have agreed on; unset: a terminal alone does. */
    RCM_BREAK_GLASS_PAGE: z.enum(['yes'], 'must be yes, or unset').optional(),
    /** Whether it takes a password that an operator knows, sealed for a rotator; unset: a terminal alone does. */
    RCM_SET_PAGE: z.enum(['yes'], 'must be yes, or unset').optional(),
    /** Pages that are told of changes at a time; 0: none is. */
    RCM_CONSOLE_STREAMS: z.coerce.number().int().min(0).max(10_000).default(2_000),
    /** How often it is looked for what changed. */
    RCM_CONSOLE_CHANGES_SCAN_MS: milliseconds(2_000, 200, 60_000),
  })
  .superRefine(checkDatabase)
  .superRefine((config, problems) =>
    checkListener(
      {
        host: config.RCM_CONSOLE_HOST,
        cert: config.RCM_CONSOLE_TLS_CERT,
        key: config.RCM_CONSOLE_TLS_KEY,
        behindProxy: config.RCM_CONSOLE_TLS_PROXY === 'yes',
      },
      { host: 'RCM_CONSOLE_HOST', cert: 'RCM_CONSOLE_TLS_CERT', key: 'RCM_CONSOLE_TLS_KEY', proxy: 'RCM_CONSOLE_TLS_PROXY' },
      problems,
    ),
  );

export type ConsoleConfig = z.infer<typeof schema>;

/** Reads the environment once. Fails with `config_invalid`, one line per problem. */
export const readConsoleConfig = (environment: NodeJS.ProcessEnv): ConsoleConfig => withDatabaseCa(readConfig(schema, environment));
