/**
 * Real services for tests. Purpose: the same `*.int.test.ts` runs on embedded services and on containers without knowing which.
 * Threat model: test data only; servers listen on loopback with a random password and their data is removed.
 * Must never: be imported by product code, reach a database or an AWS account that it did not start itself.
 */
export { backend, localStackEndpoint } from './run/services.ts';
export { copyDatabase, freshDatabase } from './database/fresh.ts';
export type { FreshDatabase, FreshDatabaseOptions } from './database/fresh.ts';
export { type OpenClient, openClient } from './database/client.ts';
export { type ThrowawayDatabase, throwawayDatabase } from './database/throwaway.ts';
export { type TemporaryFolder, temporaryFolder } from './temporary-folder.ts';
export { quickStartOf } from './documentation/quick-start.ts';
export { rowDigests } from './database/row-digests.ts';
export { type OwnClock, ownClock } from './database/own-clock.ts';
export { faultsOfRefusal, noDocuments, part, type Spoiled, spoiled } from './hostile/spoiled.ts';
export { HOSTILE_TEXTS, LONGEST_TEXT, TYPED_SECRET } from './hostile/texts.ts';
export type { Backend, Service } from './run/provided.ts';
export { type RunningService, startEmbeddedPostgres } from './postgres/kept.ts';
export { type RestartablePostgres, startThrowawayPostgres } from './postgres/server.ts';
export { openRelay, type Relay } from './postgres/relay.ts';
export { type StandbyPostgres, startStandby } from './postgres/standby.ts';
export { letViolationEscape } from './unhandled/escape.ts';
export { endChild, type Ended, endOf, hasEnded, lastWordsOf, readyLine } from './child-process.ts';
export { compileCache } from './compile-cache.ts';
export { isLongForm } from './long-form.ts';
export { AUTHSERV_ID, type MailOrigin, type MailServer, startMailServer } from './mail/mail-server.ts';
export { freePort } from './free-port.ts';
export { asRoot } from './as-root.ts';
export { canMakeCertificates, type CertificateFiles, makeCa, makeCertificate, makeSigner } from './certificates.ts';
export { type DeviceIssuerServer, type Odd, startDeviceIssuer } from './identity/device-issuer.ts';
export { processStart } from './process-start.ts';
export { claimFolder, FOLDER_PREFIX, removeStaleClusters } from './postgres/stale.ts';
