/**
 * Moves plaintext logins out of Postgres: plan, apply, verify, scrub, rollback, resolve, status, report, runs. Threat: a credential lost, altered or
 * shown on the way, by a crash, a second migrator or a person who edits a row meanwhile. It must never write a secret over another one (but for `resolve`, which keeps that one beside),
 * remove or write over plaintext that is not, to the byte, what was proved to be in the store, say that storage was rewritten when that
 * was not seen, or let a value reach stdout, stderr or a log. Usually started as a process (`main.ts`); this is for whoever runs it
 * inside another.
 */
export { runCli, type Terminal } from './cli.ts';
export { type Onboarding, withOnboarding } from './onboarding.ts';
