/**
 * Postgres for everyone else, by doors: this one for what all need, and one in doors/ for each kind of user (which part of the product has which:
 * lint/database-doors.js). Behind them stands one function per operation on endpoints, leases, the login ledger, the rotation journal, portal
 * tasks, the queue, the audit trail, the chain from a portal's log to whoever asked, and the migration of legacy credentials. Only this package imports Prisma and pg.
 *
 * Threats: a process that dies on any line; two that run at once; one that believes it still holds what it lost; a row that ends up
 * in a log. So: every operation is one transaction or one statement, is safe to repeat, serialises on the login identity's row, takes
 * its times from Postgres, and passes on a failure without the row or the values it was about.
 * It must never: read `config` outside `legacy/`, put more than ids into a job, keep state in a session.
 */
export { type AuditEvent, findBrokenAuditEvent, recordAuditEvent, recordAuditEventForAll } from './audit/record.ts';
export type { Database } from './database.ts';
export { isDatabaseAway } from './failure.ts';
export { type DatabaseOptions, openDatabase } from './open-database.ts';
export { withCa } from './connection.ts';
export { checkDatabase, databaseEnvironment, readDatabaseConfig, withDatabaseCa } from './environment.ts';
export { type EndpointRow, type NewPortalType, type PortalTypeRow } from './endpoints/endpoint.ts';
export { findEndpoint, findOrganization, getEndpoint, type EndpointPage, getPortalTypeOf, listEndpoints, listEndpointsOf } from './endpoints/read.ts';
export { type Automation, automations } from './endpoints/endpoint.ts';
export { checkConfiguration, databaseProblem, onlyReads, readingProblem, type SchemaWords, schemaWords } from './migrations/schema-state.ts';
export { type CredentialChange, listenForCredentialChanges, type ListenOptions } from './credential-changes.ts';
export { type CurrentVersion, listCurrentVersions } from './credential-changes-missed.ts';
export { type AppRole } from './roles/app-role.ts';
export { type Scope } from './scope.ts';
export { auditPlaces, cursorOf, dayPlaces, loginPlaces, notificationPlaces, placeIn, placeOf, taskPlaces, unnamedPlaces } from './places.ts';
export { serverTime } from './server-time.ts';
