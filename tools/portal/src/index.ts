/**
 * `npm run portal`: lint a recipe, try it at a live portal, see when the portal's pages change; without database or store. Threats: a
 * password in an argument, a log, a file that others can read; a new password that nobody has after the portal took it; an account
 * locked by trying again. Must never make a second attempt by itself, and must never be used by a service.
 */
export { parseArguments } from './cli.ts';
