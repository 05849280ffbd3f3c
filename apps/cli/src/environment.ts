import { RcmError } from '@rcm/telemetry';
import { z } from 'zod';

/** Whose Postgres login a command needs. */
export type Acting = 'operator' | 'rotator' | 'migrator' | 'auditor' | 'owner';

const url = z.string().min(1).optional();

/** One Postgres login for each kind of command, so that one profile serves them all and each works under the role that it needs (a zod raw shape). */
export const cliEnvironment = {
  /** Member of `rcm_operator`: whatever only looks. */
  RCM_OPERATOR_DATABASE_URL: url,
  /** Member of `rcm_rotator`: whatever uses or changes a login. */
  RCM_ROTATOR_DATABASE_URL: url,
  /** Member of `rcm_migrator`. */
  RCM_MIGRATOR_DATABASE_URL: url,
  /** Member of `rcm_auditor`. */
  RCM_AUDITOR_DATABASE_URL: url,
  /** The tables' owner: portal types. */
  RCM_OWNER_DATABASE_URL: url,
  /** Where the two that reach secrets do so as two: the tenant role of each, its folder of AppRoles, its profile in the AWS configuration. */
  RCM_ROTATOR_TENANT_ROLE_ARN: url,
  RCM_MIGRATOR_TENANT_ROLE_ARN: url,
  RCM_ROTATOR_VAULT_APPROLE_FOLDER: url,
  RCM_MIGRATOR_VAULT_APPROLE_FOLDER: url,
  RCM_ROTATOR_AWS_PROFILE: url,
  RCM_MIGRATOR_AWS_PROFILE: url,
};

const NAMES = Object.keys(cliEnvironment) as (keyof typeof cliEnvironment)[];
const GENERAL = 'RCM_DATABASE_URL';

/**
 * The environment as the app whose command it is reads it: what is its role's own (`RCM_ROTATOR_DATABASE_URL`) in the place of what is meant for all
 * (`RCM_DATABASE_URL`), and no other role's. Fails with `config_invalid` where there is no login of Postgres.
 */
export function environmentFor(acting: Acting, environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const prefix = `RCM_${acting.toUpperCase()}_`;
  const own = Object.entries(environment).flatMap(([name, value]) =>
    value && name.startsWith(prefix) && isKnown(name) ? [[generalOf(name.slice(prefix.length)), value] as const] : [],
  );
  const replaced = new Set(own.map(([name]) => baseOf(name)));
  const rest = Object.entries(environment).filter(([name]) => !isKnown(name) && !replaced.has(baseOf(name)));
  const made: NodeJS.ProcessEnv = Object.fromEntries([...rest, ...own]);
  if (!made[GENERAL] && !made[`${GENERAL}_FILE`])
    throw new RcmError(
      'config_invalid',
      `${prefix}DATABASE_URL is not set, and neither is ${GENERAL}: give a Postgres login of the role, best as a file (${prefix}DATABASE_URL_FILE). Nothing was done.`,
    );
  useProfile(made.AWS_PROFILE);
  return made;
}

/**
 * From now on AWS knows whoever this is as it will when they act as a rotator: without an issuer of people, the name that AWS gives them is who they are.
 * Where the role has no profile of its own, it is the general one.
 */
export const asSignedInForRotator = ({ RCM_ROTATOR_AWS_PROFILE: own, AWS_PROFILE: general }: NodeJS.ProcessEnv): void => useProfile(own || general);

/** The SDK reads it itself. One command may act under two roles, one after the other: the second must not go by the first one's profile. */
function useProfile(profile: string | undefined): void {
  if (profile === undefined) delete process.env.AWS_PROFILE;
  else process.env.AWS_PROFILE = profile;
}

const isKnown = (name: string): boolean => NAMES.some((known) => known === baseOf(name));
const baseOf = (name: string): string => name.replace(/_FILE$/, '');
const generalOf = (rest: string): string => (rest === 'AWS_PROFILE' ? rest : `RCM_${rest}`);
