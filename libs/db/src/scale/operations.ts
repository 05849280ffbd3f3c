import { ofOneLogin } from './of-one-login.ts';
import type { Operation } from './operation.ts';
import { ofAgents } from './operations/agent.ts';
import { askedOfRotators } from './operations/asked-of-rotator.ts';
import { ofMigrators } from './operations/migrator.ts';
import { ofPeople } from './operations/operator.ts';
import { ofRotators } from './operations/rotator.ts';

/**
 * Every operation of this package that looks over more than one login: what runs again and again by itself, and what a person asks. A test holds the list
 * against what the package exports, so a new one stands here or is named in `not-over-the-fleet.ts`, with why it need not.
 */
export const operations: readonly Operation[] = [...ofRotators, ...askedOfRotators, ...ofAgents, ...ofPeople, ...ofMigrators, ...ofOneLogin];
