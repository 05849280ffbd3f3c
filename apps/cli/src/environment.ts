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
};

const NAMES = Object.keys(cliEnvironment) as (keyof typeof cliEnvironment)[];
const GENERAL = 'RCM_DATABASE_URL';

/**
 * The environment as the app whose command it is reads it: with the Postgres login of its role as `RCM_DATABASE_URL`, and no other role's. Without one, the general
 * `RCM_DATABASE_URL` is meant. Fails with `config_invalid` where neither is set.
 */
export function environmentFor(acting: Acting, environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const name = `RCM_${acting.toUpperCase()}_DATABASE_URL`;
  const own = Object.entries({ [GENERAL]: environment[name], [`${GENERAL}_FILE`]: environment[`${name}_FILE`] }).filter(([, value]) => value);
  const rest = Object.entries(environment).filter(([each]) => !NAMES.some((known) => each === known || each === `${known}_FILE`));
  if (own.length > 0) return Object.fromEntries([...rest.filter(([each]) => each !== GENERAL && each !== `${GENERAL}_FILE`), ...own]);
  if (!environment[GENERAL] && !environment[`${GENERAL}_FILE`])
    throw new RcmError(
      'config_invalid',
      `${name} is not set, and neither is ${GENERAL}: give a Postgres login of the role, best as a file (${name}_FILE). Nothing was done.`,
    );
  return Object.fromEntries(rest);
}
