import { isProtected } from '@rcm/telemetry';
import { z } from 'zod';
import type { DeviceIssuer } from './device-sign-in.ts';

/** Where people sign in for what they do at a terminal; spread into the schema of an app with such commands, with `.superRefine(checkActor)` behind it. */
export const actorEnvironment = {
  /** The issuer's own name (`iss`), an address that has an OpenID configuration below it. */
  RCM_ACTOR_ISSUER: z.string().max(300).refine(isProtected, 'must be https, or http on this machine').optional(),
  /** As which of its public clients these commands ask. */
  RCM_ACTOR_CLIENT_ID: z
    .string()
    .regex(/^[!-~]{1,200}$/)
    .optional(),
} as const;

type ActorConfig = z.infer<z.ZodObject<typeof actorEnvironment>>;

/**
 * For `.superRefine`.
 *
 * @example
 * ```ts
 * const schema = z.object(actorEnvironment).superRefine(checkActor);
 * const issuer = actorIssuer(schema.parse(process.env));
 * ```
 */
export function checkActor(config: ActorConfig, problems: z.core.$RefinementCtx): void {
  if ((config.RCM_ACTOR_ISSUER === undefined) === (config.RCM_ACTOR_CLIENT_ID === undefined)) return;
  problems.addIssue({ code: 'custom', path: ['RCM_ACTOR_CLIENT_ID'], message: 'and RCM_ACTOR_ISSUER are set together, or neither' });
}

/**
 * `null`: people do not sign in.
 *
 * @example
 * ```ts
 * const config = z.object(actorEnvironment).superRefine(checkActor).parse(process.env);
 * const actor = await signedInPerson({ issuer: actorIssuer(config), aws: null });
 * ```
 */
export const actorIssuer = ({ RCM_ACTOR_ISSUER: issuer, RCM_ACTOR_CLIENT_ID: clientId }: ActorConfig): DeviceIssuer | null =>
  issuer !== undefined && clientId !== undefined ? { issuer, clientId } : null;
