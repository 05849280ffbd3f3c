/**
 * `npm run audit-trace`: from a line of a portal's own log to the request, the person or service that asked, the process, the lease and the
 * session at the store, and back. It reads the audit trail of every tenant, so it runs under the URL of the tables' owner; it asks no
 * store and no portal, and writes nothing. The user name of the portal's line is hashed here and sent nowhere.
 */
export { runTrace, type Terminal } from './cli.ts';
