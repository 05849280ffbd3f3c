import { operation } from './operation.ts';

/** Written before the act it tells of; the trail itself is nobody's question here. */
export const recordAuditEvent = operation('recordAuditEvent', () => undefined);
export const recordKeptSession = operation('recordKeptSession', () => undefined);
