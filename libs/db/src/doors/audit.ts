/** The chains of the audit trail, read to be exported and checked. */
export { type AuditedEvent, type ChainHead, exportAuditEvents, type ExportOptions, readChainHeads, readEventHashes, readEventsAfter } from '../audit/chains.ts';
export {
  AUDIT_CHECK_MS,
  type AuditCheck,
  type AuditCheckEnd,
  type AuditCheckReport,
  type AuditCheckState,
  askAuditCheck,
  endAuditCheck,
  listAuditChecks,
  takeAuditCheck,
} from '../audit/checks.ts';
