/**
 * Moves plaintext logins out of Postgres: plan, apply, verify, scrub, rollback, status. Threat: a credential lost, altered or
 * shown on the way. It must never write a secret over another one, remove plaintext without a fresh proof that the store holds
 * it, or let a value reach stdout, stderr or a log. Usually started as a process (`main.ts`); this is for whoever runs it inside another.
 */
export { runCli, type Terminal } from './cli.ts';
