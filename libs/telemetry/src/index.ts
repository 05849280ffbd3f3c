/**
 * What every process and library needs to speak safely: error codes, secret handles, a logger that masks, metrics, health
 * endpoints, time. Threat: a secret or a tenant's name in a log line, an error or a metric. It imports no other project
 * and must never hold state of its own.
 */
export { alarm, type AlarmDefinition, type AlarmName, alarmNames, CLOUDWATCH_METRICS, SCALING_METRICS, underQuotas } from './alarms/alarms.ts';
export { QUOTA_PERCENT, QUOTAS, type Quotas } from './alarms/quotas.ts';
export { type Clock, type OutsideDeadline, systemClock, withDeadline } from './clock.ts';
export { isTime, KINDS, REASON } from './command-line/kinds.ts';
export { plainWords } from './command-line/plain-words.ts';
export { printable } from './command-line/printable.ts';
export { readConfig } from './config.ts';
export { csv } from './csv.ts';
export { type ErrorCode, errorCodes, hasCode, isRcmError, isRetryable, RcmError, type RcmErrorOptions } from './error.ts';
export { type Explained, explain, type ExitCode } from './explain.ts';
export { sayFailed } from './command-line/say-failed.ts';
export { type HealthOptions, type HealthServer, startHealthServer } from './health.ts';
export { ID_PATTERN, idSchema, isId } from './ids.ts';
export { createLogger, type Logger, type LoggerOptions } from './logger.ts';
export { metric, type MetricName, metricNames } from './metrics/catalogue.ts';
export { type MetricDefinition, type Measuring } from './metrics/definition.ts';
export { EmbeddedMetrics, embedMetrics, NAMESPACE } from './metrics/embedded.ts';
export { metricsEnvironment } from './metrics/metrics-environment.ts';
export { createMetrics, type Metrics, type MetricsOptions } from './metrics/metrics.ts';
export { nearestIssues } from './nearest-issues.ts';
export { issuedSubject, type SignedInAt } from './person.ts';
export { processEnvironment } from './process/process-environment.ts';
export { hasEnded, processName } from './process/process-name.ts';
export { runGuarded } from './process/run-guarded.ts';
export { Secret } from './secret.ts';
export { checkListener, type Listener, type ListenerNames } from './transport/listener.ts';
export { sayPlaintext } from './transport/say-plaintext.ts';
export { checkAddresses, type TransportConfig, transportEnvironment } from './transport/transport-environment.ts';
export { addressProblem, isLoopback, isProtected, type PlaintextUse, plaintextWarnings } from './transport/transport.ts';
export { unaskedConnections } from './transport/unasked-connections.ts';
export { endOnUnhandled } from './unhandled.ts';
