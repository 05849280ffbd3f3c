/**
 * Spans of what a process does at portals, off by default. Threats: a value of a task, a login or a tenant that leaves with a span; work that waits for a collector. Only
 * `open-telemetry.ts` loads OpenTelemetry, and only where a collector is named.
 */
export { tracingEnvironment } from './environment.ts';
export { tracedMetrics } from './traced-metrics.ts';
export { NO_TRACING, openTracing } from './tracing.ts';
export type { EndedSpan, SpanAttributes, Tracing } from './spans.ts';
