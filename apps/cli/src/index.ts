/**
 * `rcm`: the one command line for whoever looks after logins. It sees the fleet as `rcm_operator`, and hands whatever changes something to the app whose act
 * it is, under that app's own role; it has no second way to do anything. Threats: a text of the database that steers a terminal; a profile that others can
 * read or write; a list that says that all is well because it was cut. It must never print a secret, take one as an argument, or work under a role that may
 * more than the command needs.
 */
export { runCli } from './cli.ts';
export type { Terminal } from './terminal.ts';
